import type { RuleFacts } from '../../core/policy-report.ts';
import type { RuleField } from './field.ts';

/** What a field holds: sizes are bytes, times RFC 3339. */
export type Value = string | number | boolean | readonly string[];

/** One thing that is wanted of a value, and how it is said: `at least 10GiB`. `now` is ms since 1970. */
export interface Test {
  readonly says: string;
  /** `other`: what another field of the same holds; absent: nobody tells. */
  passes(value: Value, now: number, other: (field: string) => Value | undefined): boolean;
}

/** All that is wanted of one field. */
export interface Check {
  readonly field: RuleField;
  /** `must`: without a value it is not met; `may`: without one it is; `mustNot`: it is met without one only. */
  readonly presence: 'must' | 'may' | 'mustNot';
  readonly tests: readonly Test[];
}

/** A rule that images must keep. It is about those that meet all of `when`. */
export interface Rule extends RuleFacts {
  readonly when: readonly Check[];
  readonly require: readonly Check[];
}

/** Rules in their order, at least one. */
export interface RuleSet {
  /** The name of a shipped set, or the path of a file. */
  readonly source: string;
  readonly isShipped: boolean;
  readonly rules: readonly Rule[];
}
