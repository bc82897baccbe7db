import type { CheckedSubject, PolicyReport } from '../../core/policy-report.ts';
import { usageError } from '../../core/errors.ts';
import { judge, type Subject } from './judge.ts';
import type { RuleSet } from './rule.ts';

/** Gathers what is held against rules, one by one. */
export interface PolicyCheck {
  add(subject: CheckedSubject, asked: Subject): void;
  /** How many were held against them so far. */
  readonly count: number;
  /** Fields that rules are about, and that something of it could not be asked for. */
  readonly unasked: readonly string[];
  /**
   * What came of it; `unread` are profiles that could not be read. Throws USAGE where everything was read and no rule was about any
   * of it: a check that has looked at nothing must not be taken for one that has found nothing.
   */
  report(unread?: ReadonlySet<string>): PolicyReport;
}

/** A check against these rules. `now` is ms since 1970: every age is that at one moment. `what` is what is checked, in the plural. */
export function policyCheck(set: RuleSet, now: number, what: 'images' | 'files'): PolicyCheck {
  const checked: PolicyReport['checked'][number][] = [];
  const unasked = new Set<string>();
  return {
    add(subject, asked) {
      const judgement = judge(set.rules, asked, now);
      for (const field of judgement.unasked) unasked.add(field);
      checked.push({ subject, verdicts: judgement.verdicts });
    },
    get count() {
      return checked.length;
    },
    get unasked() {
      return [...unasked];
    },
    report(unread = new Set()) {
      const isIdle = checked.length > 0 && unread.size === 0 && checked.every(({ verdicts }) => verdicts.length === 0);
      if (isIdle) throw nothingApplies(set, checked.length, what, [...unasked]);
      const rules = set.rules.map(({ when: _when, require: _require, ...facts }) => facts);
      return { source: set.source, isShipped: set.isShipped, rules, checked, unread: [...unread] };
    },
  };
}

function nothingApplies({ source }: RuleSet, count: number, what: 'images' | 'files', unasked: readonly string[]): Error {
  const isAboutOther = what === 'files' && unasked.length > 0;
  return usageError(
    `no rule of ${source} applies to ${count === 1 ? `this ${what.slice(0, -1)}` : `any of the ${count} ${what}`}`,
    {
      hint: isAboutOther
        ? `Name rules about ${'name, diskFormat, sizeBytes, virtualBytes, checksums or contentId'}: a file has no ${unasked.slice(0, 3).join(', ')}`
        : 'Check the conditions (when) of the rules.',
    },
  );
}
