import { usageError } from '../../core/errors.ts';
import { parseDuration, parseSize, parseSizeWithUnit, type SizeUnit } from '../../core/quantity.ts';

/** What each kind of option gives to its command. `names` splits at commas; `texts` is one each time it is given. */
interface Kinds {
  flag: boolean | undefined;
  /** `--wait` and `--no-wait`. */
  switch: boolean | undefined;
  text: string | undefined;
  texts: readonly string[];
  names: readonly string[];
  pairs: Readonly<Record<string, string>>;
  size: number | undefined;
  duration: number | undefined;
  count: number | undefined;
}

export interface Option {
  readonly kind: keyof Kinds;
  readonly summary: string;
  /** One letter: `-p`. */
  readonly short?: string;
  /** Another spelling that is taken and not shown. */
  readonly also?: string;
  /** How the value is called in the help. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** A size must say its unit, since a bare number may well be meant in this one. Without: a bare number is bytes. */
  readonly bare?: SizeUnit;
  /** Several of the choices may be given, with commas between them. */
  readonly commas?: boolean;
  /** The empty text is a value too. */
  readonly mayBeEmpty?: boolean;
  /** It names an image that is to be made, which may have its profile in front. */
  readonly isNewImage?: boolean;
  /** Words that are offered for the value; others are taken too. */
  readonly suggests?: readonly string[];
  /** What completion offers for the value, where it is not one of `choices`. */
  readonly completes?: 'profile' | 'image' | 'images' | 'place' | 'column' | 'provider' | 'file' | 'field' | 'filter' | 'extra';
}
export type Options = Readonly<Record<string, Option>>;
export type OptionValues<O extends Options> = { readonly [K in keyof O]: Kinds[O[K]['kind']] };

/** `minDisk` as it is typed: `min-disk`. */
export const flagName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** How the option is declared to the parser, such as `-p, --profile <name>`. */
export function flagsOf(key: string, option: Option): string {
  const long = `--${flagName(key)}`;
  const placeholder = option.value ?? option.choices?.join('|') ?? placeholders[option.kind];
  const value = placeholder === undefined ? '' : ` <${placeholder}>`;
  return `${option.short ? `-${option.short}, ` : ''}${long}${value}`;
}

const placeholders: Readonly<Record<keyof Kinds, string | undefined>> = {
  flag: undefined,
  switch: undefined,
  text: 'text',
  texts: 'text',
  names: 'a,b',
  pairs: 'key=value',
  size: 'size',
  duration: 'time',
  count: 'n',
};

const repeatable: ReadonlySet<Option['kind']> = new Set(['texts', 'names', 'pairs']);
/** What scripts and shell aliases give beforehand: the last one counts. */
const overridable: ReadonlySet<string> = new Set([
  'output',
  'progress',
  'bwlimit',
  'concurrency',
  'retries',
  'timeout',
  'region',
  'caBundle',
  'clientCert',
  'clientKey',
  'waitTimeout',
  'pollInterval',
  'profileTimeout',
]);

/** Turns what was typed into what the command gets; `before` is the value so far, for options that may be repeated. */
export function parseOption(key: string, option: Option, text: string, before: unknown): unknown {
  const what = `--${flagName(key)}`;
  // Most often that of a variable that was not set: what it was to narrow would be everything.
  if (!option.mayBeEmpty && isEmpty(option, text))
    throw usageError(`${what} is empty`, { hint: `Specify ${what}, or omit it (was a variable empty?).` });
  if (option.choices && (option.kind === 'text' || option.kind === 'texts')) {
    const { choices, commas } = option;
    const odd = (commas ? splitNames(text.toLowerCase()) : [text]).find((word) => !choices.includes(word));
    if (odd !== undefined) throw usageError(`${what}: "${odd}" is not one of ${choices.join(', ')}`);
  }
  const repeated = before !== undefined && !repeatable.has(option.kind);
  if (repeated && !overridable.has(key)) throw usageError(`${what} was given twice`, { hint: 'Give it once.' });
  switch (option.kind) {
    case 'texts':
      return [...((before as string[] | undefined) ?? []), text];
    case 'names':
      return [...((before as string[] | undefined) ?? []), ...splitNames(text)];
    case 'pairs':
      return added(pair(text, what), (before as Record<string, string> | undefined) ?? {}, what);
    case 'size':
      return option.bare ? parseSizeWithUnit(text, what, option.bare) : parseSize(text, what);
    case 'duration':
      return parseDuration(text, what);
    case 'count':
      return count(text, what);
    default:
      return text;
  }
}

const isEmpty = ({ kind, commas }: Option, text: string): boolean =>
  kind === 'names' || commas ? splitNames(text).length === 0 : text === '';

/** The value of an option that was not given. */
export function absentValue(option: Option): unknown {
  if (option.kind === 'texts' || option.kind === 'names') return [];
  return option.kind === 'pairs' ? {} : undefined;
}

const splitNames = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** `key=value` as one entry; only the first `=` divides. Throws USAGE without one; where fields are set the text may be a secret, and is not told. */
function pair(text: string, what: string): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw usageError(`${what}: ${what === '--set' ? 'what was given' : `"${text}"`} is not of the form key=value`);
  return Object.fromEntries([[text.slice(0, at), text.slice(at + 1)]]);
}

/** Throws USAGE where a key has another value already: which of them is meant cannot be told. */
function added(
  one: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
  what: string,
): Readonly<Record<string, string>> {
  const twice = Object.entries(one).find(([key, value]) => Object.hasOwn(before, key) && before[key] !== value);
  if (twice)
    throw usageError(`${what}: ${twice[0]} was given twice, with different values`, { hint: `Give each key of ${what} once.` });
  return { ...before, ...one };
}

/** More than anybody has of anything, and exact in every sum. */
const largestCount = 999_999_999;

function count(text: string, what: string): number {
  if (!/^\d+$/.test(text)) throw usageError(`${what}: "${text}" is not a whole number`);
  if (Number(text) > largestCount) throw usageError(`${what}: ${text} is more than ${largestCount}`);
  return Number(text);
}
