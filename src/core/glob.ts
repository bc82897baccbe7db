import { usageError } from './errors.ts';

/** What tells whether a text is meant by a glob. */
export interface Pattern {
  test(text: string): boolean;
}

/** Texts that one glob may stand for by its braces. */
const mostTexts = 1000;
const longestGlob = 10_000;

/** Whether a text holds signs that mean something in a glob. A name may hold them too: whoever looks for one tries it whole first. */
export const isGlob = (text: string): boolean => /[*?[{\\]/.test(text);

/**
 * A shell's glob for the whole of a name: `*` any text, `?` one character, `[a-z]` and `[!a-z]` one of those or none of them,
 * `{a,b}` either, `\` before a sign that stands for itself. What is not closed stands for itself. Throws USAGE where the braces
 * stand for too many texts, or the glob is far too long.
 */
export function globPattern(glob: string): Pattern {
  if (glob.length > longestGlob)
    throw usageError(`the glob has ${glob.length} characters, and at most ${longestGlob} are taken: ${glob.slice(0, 40)}…`);
  const patterns = withoutBraces(glob).map(patternOf);
  return { test: (text) => patterns.some((pattern) => pattern.test(text)) };
}

/** A glob for this text and no other. */
export const literalGlob = (text: string): string => text.replace(/[*?[\]{},\\]/g, String.raw`\$&`);

/** One glob for whatever any of these matches. */
export const anyGlob = (globs: readonly [string, ...string[]]): string =>
  globs.length === 1 ? globs[0] : `{${globs.map(within).join(',')}}`;

/** The same glob where it stands between braces: signs of braces that mean nothing in it alone must mean nothing there. */
function within(glob: string): string {
  let text = '';
  for (let at = 0; at < glob.length; at += 1) {
    const sign = glob[at] ?? '';
    const brace = sign === '{' ? braceAt(glob, at) : undefined;
    if (brace) {
      text += glob.slice(at, brace.end + 1);
      at = brace.end;
    } else if (sign === '\\') {
      text += at + 1 < glob.length ? glob.slice(at, at + 2) : String.raw`\\`;
      at += 1;
    } else text += ',{}'.includes(sign) ? `\\${sign}` : sign;
  }
  return text;
}

/** Index of the `}` that closes the `{` at `from`, and of the commas between; absent: nothing closes it. */
function braceAt(glob: string, from: number): { readonly end: number; readonly commas: readonly number[] } | undefined {
  const commas: number[] = [];
  let depth = 0;
  for (let at = from; at < glob.length; at += 1) {
    const sign = glob[at];
    if (sign === '\\') at += 1;
    else if (sign === '{') depth += 1;
    else if (sign === ',' && depth === 1) commas.push(at);
    else if (sign === '}' && --depth === 0) return { end: at, commas };
  }
  return undefined;
}

/** The globs without braces that one with braces stands for. */
function withoutBraces(glob: string): readonly string[] {
  for (let at = 0; at < glob.length; at += 1) {
    if (glob[at] === '\\') at += 1;
    else if (glob[at] === '{') {
      const brace = braceAt(glob, at);
      if (!brace || brace.commas.length === 0) continue;
      const cuts = [at, ...brace.commas, brace.end];
      const middles = cuts.slice(1).map((cut, index) => glob.slice((cuts[index] ?? 0) + 1, cut));
      const all = middles.flatMap((middle) => withoutBraces(glob.slice(0, at) + middle + glob.slice(brace.end + 1)));
      if (all.length > mostTexts) throw usageError(`the glob stands for more than ${mostTexts} texts: ${glob.slice(0, 80)}`);
      return all;
    }
  }
  return [glob];
}

const escaped = (sign: string): string => sign.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);

/** The class that begins at `from`, as a pattern, and where it ends; absent: nothing closes it. */
function classAt(glob: string, from: number): { readonly pattern: string; readonly end: number } | undefined {
  const [, not = '', signs = ''] = /^\[([!^]?)(\]?(?:\\.|[^\]\\])*)\]/su.exec(glob.slice(from)) ?? [];
  if (signs === '') return undefined;
  const inner = rangesOf(signs).map((range) => range.map((sign) => `\\u{${sign.codePointAt(0)?.toString(16) ?? '0'}}`).join('-'));
  const end = from + 1 + not.length + signs.length;
  return { pattern: `[${not === '' ? '' : '^'}${inner.join('')}]`, end };
}

/** The signs and ranges of a class. A range that runs backwards stands for nothing. */
function rangesOf(signs: string): readonly (readonly string[])[] {
  const each = [...signs.matchAll(/\\(.)|(.)/gsu)].map(([, escapedSign, sign]) => ({
    sign: escapedSign ?? sign ?? '',
    isDash: sign === '-',
  }));
  const ranges: string[][] = [];
  for (let at = 0; at < each.length; at += 1) {
    const first = each[at]?.sign ?? '';
    const last = each[at + 1]?.isDash ? each[at + 2]?.sign : undefined;
    if (last === undefined) ranges.push([first]);
    else {
      if ((first.codePointAt(0) ?? 0) <= (last.codePointAt(0) ?? 0)) ranges.push([first, last]);
      at += 2;
    }
  }
  return ranges;
}

/**
 * The pattern of a glob without braces. What stands between two stars is taken where it is first found and never looked for again
 * (an atomic group, written as a lookahead): a glob of many stars would otherwise take years on a name that almost fits.
 */
function patternOf(glob: string): RegExp {
  const parts: string[] = [''];
  const add = (pattern: string): void => void (parts[parts.length - 1] += pattern);
  const signs = [...glob];
  for (let at = 0, offset = 0; at < signs.length; at += 1) {
    const sign = signs[at] ?? '';
    const found = sign === '[' ? classAt(glob, offset) : undefined;
    if (found) {
      add(found.pattern);
      const taken = Array.from(glob.slice(offset, found.end + 1)).length;
      at += taken - 1;
      offset = found.end + 1;
      continue;
    }
    offset += sign.length;
    if (sign === '\\' && at + 1 < signs.length) {
      at += 1;
      add(escaped(signs[at] ?? ''));
      offset += (signs[at] ?? '').length;
    } else if (sign === '*') {
      if (parts.at(-1) !== '' || parts.length === 1) parts.push('');
    } else add(sign === '?' ? '.' : escaped(sign));
  }
  const [first = '', ...others] = parts;
  const last = others.pop();
  if (last === undefined) return new RegExp(`^${first}$`, 'su');
  const between = others.map((part, index) => `(?=(.*?${part}))\\${index + 1}`);
  return new RegExp(`^${first}${between.join('')}.*${last}$`, 'su');
}
