import { globPattern } from '../../core/glob.ts';
import { usageError } from '../../core/errors.ts';
import { parseDuration, parseSize } from '../../core/quantity.ts';
import { fieldKinds, fieldNamed, type RuleField, type FieldKind } from './field.ts';
import type { Test, Value } from './rule.ts';
import { timeIn } from './time.ts';

/** What is written behind an operator, as texts; `number` and `duration` are one. */
type Operand = 'one' | 'many';

interface Operator {
  readonly takes: Operand;
  readonly of: readonly FieldKind[];
  /** Throws USAGE for an operand that is none. */
  make(texts: readonly string[], field: RuleField): Test;
}

/** A longer text fits no pattern: what a provider says must not be able to hold up whoever looks at it. */
const longestMatched = 4096;

const listText = (texts: readonly string[]): string => texts.join(', ');
const textOf = (value: Value): string => (typeof value === 'string' ? value : String(value));
const textsOf = (value: Value): readonly string[] => (Array.isArray(value) ? (value as readonly string[]) : [textOf(value)]);

/** A glob that also stands for itself, since names hold such signs too. */
function globOf(glob: string): (text: string) => boolean {
  const pattern = globPattern(glob);
  return (text) => text === glob || pattern.test(text);
}

const only = (texts: readonly string[]): string => texts[0] ?? '';

function bounded(
  texts: readonly string[],
  field: RuleField,
  word: 'at least' | 'at most',
  fits: (n: number, bound: number) => boolean,
): Test {
  const text = only(texts);
  // A property has no unit of ours: `768` is what it says.
  const bound = field.kind === 'property' ? numberIn(text) : parseSize(text, field.name);
  if (bound === undefined) throw usageError(`"${text}" is no number`, { hint: 'Write a number: a property has no unit.' });
  return {
    says: `${word} ${text}`,
    passes(value) {
      const number = typeof value === 'number' ? value : numberIn(textOf(value));
      return number !== undefined && fits(number, bound);
    },
  };
}

/** The number that a text is; absent: it is none. */
export const numberIn = (text: string): number | undefined => (/^-?\d+(?:\.\d+)?$/.test(text.trim()) ? Number(text) : undefined);

function aged(
  texts: readonly string[],
  field: RuleField,
  word: 'newer than' | 'older than',
  fits: (ageMs: number, ms: number) => boolean,
): Test {
  const text = only(texts);
  const ms = parseDuration(text, field.name);
  const atOnce = word === 'newer than' ? 'in the future' : 'in the past';
  return {
    says: ms === 0 ? atOnce : `${word} ${text}`,
    passes(value, now) {
      const time = timeIn(textOf(value));
      return time !== undefined && fits(now - time, ms);
    },
  };
}

const sizeFields = Object.entries(fieldKinds).flatMap(([name, kind]) => (kind === 'size' ? [name] : []));
const texts: readonly FieldKind[] = ['text', 'property'];

/** What a rule can want of a field, by the word that is written. */
export const operators = {
  equals: {
    takes: 'one',
    of: ['text', 'property', 'flag', 'size'],
    make(given, field) {
      const text = only(given);
      const wanted = field.kind === 'size' ? parseSize(text, field.name) : text;
      return { says: text, passes: (value) => (field.kind === 'size' ? value === wanted : textOf(value) === wanted) };
    },
  },
  oneOf: {
    takes: 'many',
    of: texts,
    make: (given) => ({ says: `one of ${listText(given)}`, passes: (value) => given.includes(textOf(value)) }),
  },
  noneOf: {
    takes: 'many',
    of: texts,
    make: (given) => ({ says: `none of ${listText(given)}`, passes: (value) => !given.includes(textOf(value)) }),
  },
  matches: {
    takes: 'one',
    of: texts,
    make(given) {
      const pattern = new RegExp(only(given), 'u');
      return {
        says: `matching ${only(given)}`,
        passes: (value) => textOf(value).length <= longestMatched && pattern.test(textOf(value)),
      };
    },
  },
  like: {
    takes: 'many',
    of: texts,
    make(given) {
      const globs = given.map(globOf);
      return { says: `like ${given.join(' or ')}`, passes: (value) => globs.some((fits) => fits(textOf(value))) };
    },
  },
  atLeast: {
    takes: 'one',
    of: ['size', 'property'],
    make: (given, field) => bounded(given, field, 'at least', (number, bound) => number >= bound),
  },
  atMost: {
    takes: 'one',
    of: ['size', 'property'],
    make: (given, field) => bounded(given, field, 'at most', (number, bound) => number <= bound),
  },
  atLeastField: {
    takes: 'one',
    of: ['size'],
    make(given) {
      const name = only(given);
      if (fieldNamed(name)?.kind !== 'size')
        throw usageError(`"${name}" is no size`, { hint: `Name another size: ${sizeFields.join(', ')}` });
      return {
        says: `at least ${name}`,
        passes(value, _now, other) {
          const bound = other(name);
          return typeof bound !== 'number' || (typeof value === 'number' && value >= bound);
        },
      };
    },
  },
  newerThan: {
    takes: 'one',
    of: ['time', 'property'],
    make: (given, field) => aged(given, field, 'newer than', (age, ms) => age < ms),
  },
  olderThan: {
    takes: 'one',
    of: ['time', 'property'],
    make: (given, field) => aged(given, field, 'older than', (age, ms) => age > ms),
  },
  contains: {
    takes: 'many',
    of: ['list'],
    make(given) {
      const globs = given.map(globOf);
      return { says: `with ${listText(given)}`, passes: (value) => globs.every((fits) => textsOf(value).some(fits)) };
    },
  },
  containsAny: {
    takes: 'many',
    of: ['list'],
    make(given) {
      const globs = given.map(globOf);
      return { says: `with any of ${listText(given)}`, passes: (value) => globs.some((fits) => textsOf(value).some(fits)) };
    },
  },
  containsNone: {
    takes: 'many',
    of: ['list'],
    make(given) {
      const globs = given.map(globOf);
      return { says: `without ${listText(given)}`, passes: (value) => !globs.some((fits) => textsOf(value).some(fits)) };
    },
  },
} as const satisfies Readonly<Record<string, Operator>>;

/** A word that says what is wanted of a field. */
export type OperatorName = keyof typeof operators;
export const operatorNames = Object.keys(operators) as readonly OperatorName[];
