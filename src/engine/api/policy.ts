import { violationsOf, type Violation } from '../../core/policy-report.ts';
import { policyCheck as checking } from '../rules/check.ts';
import { readRules } from '../rules/read-rules.ts';
import { imageSubject } from '../rules/subject.ts';
import type { Account } from './account.ts';
import { engineOf, quiet, type Context } from './context.ts';
import { list, type ListInput } from './images.ts';

/** Which images are held against which rules. */
export interface PolicyInput extends Pick<ListInput, 'filters' | 'own' | 'scope' | 'hidden'> {
  /** A file of rules in YAML or JSON, or the name of a set that is shipped: `scs-0102`. */
  readonly rules: string;
}

/** What came of a check. */
export interface PolicyFindings {
  /** How many images were held against the rules: with none there are no violations either. */
  readonly checked: number;
  readonly violations: readonly Violation[];
}

/** Holds images against rules. A violation is no failure. Throws USAGE where no rule is about any of the images. */
export function policyCheck(account: Account, { rules, ...which }: PolicyInput, context: Context): Promise<PolicyFindings> {
  const engine = engineOf(context);
  return quiet(engine, async () => {
    const check = checking(await readRules(rules, engine.signal), engine.now(), 'images');
    for await (const image of list(account, which, context)) {
      const { profile, provider, id, name } = image;
      check.add({ profile, provider, id, name }, imageSubject(image));
    }
    return { checked: check.count, violations: violationsOf(check.report()) };
  });
}
