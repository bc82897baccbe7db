import { Document, isNode, isScalar, LineCounter, parseDocument, visit, type Scalar, type Tags } from 'yaml';
import { configError } from '../core/errors.ts';

/** What a plain YAML tool of any age reads the same: YAML 1.1 would take `yes`, `12:30` or a date for something else. */
const version = '1.1';

const customTags = (tags: Tags): Tags => tags.filter((tag) => !isTimestamp(tag));

/**
 * The value of a YAML text as YAML 1.1 tools read it (`yes` is true, `<<` merges), but dates stay text.
 * Throws CONFIG with the path and the line when it is not YAML, or when something in it would have to be guessed, such as
 * what a tag means (`!vault`). Neither the text, which may hold secrets, nor a tag, which may be one, is quoted; nothing
 * is left to the parser's own warnings, which quote both.
 */
export function parseYaml(text: string, path: string): unknown {
  const document = parseDocument(text, { version, prettyErrors: true, logLevel: 'error', customTags });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const line = problem.linePos?.[0].line;
    const what = problem.code === 'TAG_RESOLVE_FAILED' ? 'has a tag (!…) that is not supported' : 'is not readable as YAML';
    throw damaged(`${path} ${what}${line === undefined ? '' : ` (line ${line})`}${because(problem.code)}`);
  }
  visit(document, { Scalar: (_key, node) => keepText(node) });
  try {
    return document.toJS() as unknown;
  } catch {
    // Aliases that are not there, or that would fill the memory: the error quotes the text.
    throw damaged(`${path} is not readable as YAML${because('BAD_ALIAS')}`);
  }
}

/**
 * A number that cannot be said as one stays the text that it is, such as an id of digits alone; so does one with an exponent that
 * lacks its sign or the number its point (`12e34`), which is text to the tools whose files these are.
 */
function keepText(node: Scalar): void {
  const { value, source } = node;
  if (typeof value !== 'number' || source === undefined || String(value) === source) return;
  const isLost = Number.isInteger(value) && !Number.isSafeInteger(value);
  const isText = /^[-+]?[\d_.]+e/i.test(source) && !/\..*e[-+]/i.test(source);
  if (isLost || isText) node.value = source;
}

/** A document that somebody has written by hand: its value, and the line on which a part of it stands. */
export interface WrittenDocument {
  readonly value: unknown;
  /** Absent: it is not in there. */
  lineOf(path: readonly (string | number)[]): number | undefined;
}

/**
 * A text in YAML 1.2, or JSON, with the lines of its parts; `<<` merges. `yes` and a date are texts, `true` is not, and a number stays as
 * it is written where it would lose something (`22.10`, `007`). Throws CONFIG with the path and the line when it is neither, or has a key twice.
 */
export function parseWritten(text: string, path: string): WrittenDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { version: '1.2', merge: true, prettyErrors: true, logLevel: 'error', lineCounter });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const line = problem.linePos?.[0].line;
    throw configError(`${path}${line === undefined ? '' : `:${line}`}: ${problemText(problem.code)}`);
  }
  visit(document, {
    Scalar(_key, node) {
      const { value, source } = node;
      if (typeof value === 'number' && source !== undefined && String(value) !== source) node.value = source;
    },
  });
  const lineOf = (parts: readonly (string | number)[]): number | undefined => {
    const node: unknown = parts.length === 0 ? document.contents : document.getIn(parts, true);
    return isNode(node) && node.range ? lineCounter.linePos(node.range[0]).line : undefined;
  };
  try {
    return { value: document.toJS() as unknown, lineOf };
  } catch {
    throw configError(`${path}: not readable as YAML or JSON${because('BAD_ALIAS')}`);
  }
}

function problemText(code: string): string {
  if (code === 'DUPLICATE_KEY') return 'a key is there twice';
  return code === 'TAG_RESOLVE_FAILED' ? 'a tag (!…) is not supported' : `not readable as YAML or JSON${because(code)}`;
}

/** What is wrong, by the parser's codes, in words that quote nothing of the text. */
const reasons: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias (*…) has no anchor (&…) before it, or stands for too much',
  BAD_INDENT: 'a bracket is not closed, or a line is indented otherwise than those it belongs to',
  BLOCK_AS_IMPLICIT_KEY: 'a key stands where a value is expected',
  MISSING_CHAR: 'a quote, a bracket, a comma or a colon is missing',
  MULTIPLE_DOCS: 'there is more than one document (---)',
  TAB_AS_INDENT: 'a tab indents it, where only spaces may',
};

const because = (code: string): string => (Object.hasOwn(reasons, code) ? `: ${reasons[code] ?? ''}` : '');

const damaged = (message: string): Error => configError(message, { hint: 'Fix it, or move it out of the way.' });

const isTimestamp = (tag: unknown): boolean =>
  tag === 'timestamp' || (typeof tag === 'object' && tag !== null && 'tag' in tag && tag.tag === 'tag:yaml.org,2002:timestamp');

/** What YAML 1.1 tools do not take in a plain text or a block, or take for the end of a line. */
// oxlint-disable-next-line no-control-regex
const oddSigns = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff\p{Cs}]/u;

/**
 * A value as YAML that YAML 1.1 and 1.2 tools read alike. Lines are not folded. Texts that `mustQuote` picks are
 * written between double quotes on one line, so that their signs can be escaped afterwards.
 */
export function toYaml(value: unknown, mustQuote: (text: string) => boolean = () => false): string {
  const document = new Document(value, { version, aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node: Scalar) {
      if (isScalar(node) && typeof node.value === 'string' && (oddSigns.test(node.value) || mustQuote(node.value)))
        node.type = 'QUOTE_DOUBLE';
    },
  });
  const text = document.toString({ lineWidth: 0, directives: false });
  // YAML 1.1 has no room for these, and the writer leaves them as they are.
  return text.replace(/[\ufffe\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`);
}
