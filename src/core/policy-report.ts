/** How much a violation weighs: an `error` fails a check, a `warning` is told. */
export type Severity = 'error' | 'warning';

/** What was held against the rules: an image of a profile, or a file. */
export interface CheckedSubject {
  readonly profile?: string;
  readonly provider?: string;
  /** Absent: it is a file. */
  readonly id?: string;
  readonly file?: string;
  readonly name: string;
}

/** What a field is, and what a rule wants of it. `found` absent: the image has no such thing, or its provider does not tell. */
export interface Mismatch {
  readonly field: string;
  readonly found?: string;
  readonly expected: string;
}

/** A rule as it is told: `line` is where it stands in its file. */
export interface RuleFacts {
  readonly id: string;
  readonly summary?: string;
  readonly severity: Severity;
  readonly line?: number;
}

/** One mismatch of one image with one rule. */
export interface Violation extends CheckedSubject, Mismatch {
  readonly rule: string;
  readonly severity: Severity;
  readonly summary?: string;
}

/** A rule that applies to a subject, and what of it is not as it should be; nothing: it is kept. */
export interface Verdict {
  readonly rule: RuleFacts;
  readonly mismatches: readonly Mismatch[];
}

/** All that was held against the rules. `unread` are profiles that could not be read, and files that are broken or unsafe: no report of them is whole. */
export interface PolicyReport {
  /** What the rules are called: the name of a shipped set, or the path of a file. */
  readonly source: string;
  readonly isShipped: boolean;
  readonly rules: readonly RuleFacts[];
  readonly checked: readonly { readonly subject: CheckedSubject; readonly verdicts: readonly Verdict[] }[];
  readonly unread: readonly string[];
}

/** The violations of a report, in the order of its subjects and rules. */
export const violationsOf = ({ checked }: Pick<PolicyReport, 'checked'>): readonly Violation[] =>
  checked.flatMap(({ subject, verdicts }) =>
    verdicts.flatMap(({ rule: { id, severity, summary }, mismatches }) =>
      mismatches.map((one) => ({ ...subject, rule: id, severity, ...(summary === undefined ? {} : { summary }), ...one })),
    ),
  );
