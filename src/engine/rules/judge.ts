import type { Mismatch, Verdict } from '../../core/policy-report.ts';
import { wholeSize } from '../../core/quantity.ts';
import { fieldNamed, propertyIn, type RuleField } from './field.ts';
import type { Check, Rule, Value } from './rule.ts';

/** What can be held against rules. */
export interface Subject {
  /** Absent: there is no such thing, or nobody tells. */
  valueOf(field: RuleField): Value | undefined;
  /** Whether it can be asked for such a field at all: a file has no owner. */
  hasField(field: RuleField): boolean;
}

/** What was judged, and the fields for whose sake other rules could not be. */
export interface Judgement {
  readonly verdicts: readonly Verdict[];
  readonly unasked: ReadonlySet<string>;
}

/**
 * Holds a subject against all rules that are about it. Of a rule with a condition that cannot be asked nothing is known, and so of a
 * requirement that cannot be: their fields are `unasked`. `now` is ms since 1970.
 */
export function judge(rules: readonly Rule[], subject: Subject, now: number): Judgement {
  const verdicts: Verdict[] = [];
  const unasked = new Set<string>();
  for (const rule of rules) {
    const { when, require, ...facts } = rule;
    const odd = when.filter(({ field }) => !subject.hasField(field));
    const asked = require.filter(({ field }) => subject.hasField(field));
    for (const { field } of odd.length > 0 ? [...odd, ...require] : require)
      if (!subject.hasField(field)) unasked.add(field.name);
    if (odd.length > 0 || asked.length === 0) continue;
    if (!when.every((check) => mismatchesOf(check, subject, now).length === 0)) continue;
    verdicts.push({ rule: facts, mismatches: asked.flatMap((check) => mismatchesOf(check, subject, now)) });
  }
  return { verdicts, unasked };
}

/** What of a field is not as it is wanted, one for each thing that is wanted; where it has no value, one for all of them. */
function mismatchesOf({ field, presence, tests }: Check, subject: Subject, now: number): readonly Mismatch[] {
  const value = subject.valueOf(field);
  const { name } = field;
  if (isNothing(value, tests.length > 0)) {
    if (presence !== 'must') return [];
    return [{ field: name, expected: tests.length === 0 ? 'present' : tests.map(({ says }) => says).join(', ') }];
  }
  const found = foundText(value, field);
  if (presence === 'mustNot') return [{ field: name, found, expected: 'absent' }];
  const other = (of: string): Value | undefined => {
    const named = fieldNamed(of);
    return named && subject.hasField(named) ? subject.valueOf(named) : undefined;
  };
  return tests.filter((test) => !test.passes(value, now, other)).map(({ says }) => ({ field: name, found, expected: says }));
}

/** An empty text says nothing. Neither does an empty list; but what is asked of one can be answered. */
const isNothing = (value: Value | undefined, isAsked: boolean): value is undefined =>
  value === undefined || value === '' || (!isAsked && Array.isArray(value) && value.length === 0);

function foundText(value: Value, { kind, name }: RuleField): string {
  if (typeof value === 'number') return kind === 'size' && propertyIn(name) === undefined ? wholeSize(value) : String(value);
  return Array.isArray(value) ? value.join(', ') : String(value);
}
