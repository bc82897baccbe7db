import { driftError } from '../../core/errors.ts';
import { commandLine } from '../../core/hint.ts';
import { violationsOf, type PolicyReport, type Violation } from '../../core/policy-report.ts';
import { violationView } from '../../ui/views/violation.ts';
import type { Surface } from '../program/context.ts';
import { many, type Outcome } from '../program/outcome.ts';
import { pluralize } from './pluralize.ts';

/** How a check ends: `isWhole`: all of it could be looked at, and nothing worse was found. */
export interface CheckEnd {
  readonly what: 'image' | 'file';
  readonly isWhole: boolean;
  readonly columns?: readonly string[];
}

/** Draws what violates rules, in any format; the command ends with DRIFT where that is more than warnings, and all was looked at. */
export function policyOutcome(report: PolicyReport, { what, isWhole, columns }: CheckEnd, context: Surface): Outcome {
  const violations = violationsOf(report);
  const errors = violations.filter(({ severity }) => severity === 'error');
  const told = [
    ...(errors.length > 0 ? [pluralize(errors.length, 'error')] : []),
    ...(violations.length > errors.length ? [pluralize(violations.length - errors.length, 'warning')] : []),
  ];
  const summary = `${pluralize(report.checked.length, what)} checked against ${pluralize(report.rules.length, 'rule')} of ${report.source}`;
  const end = (): Promise<void> | void =>
    errors.length > 0 && isWhole
      ? context.reportAs(driftError(`${summary}: ${told.join(', ')}`, hintFor(errors, context.settings.region)))
      : context.say(
          `${summary}: ${told.length > 0 ? told.join(', ') : 'no violations'}${isWhole ? '' : ', not all could be checked'}`,
        );
  return {
    async draw(options, io) {
      try {
        const text = await reportText(report, context);
        if (text !== undefined) await io.stdout.write(text);
        else await many(violationView, options.format === 'id' ? onceEach(violations) : violations, columns).draw(options, io);
      } finally {
        // What was found is so, also where nobody reads it.
        await end();
      }
    },
  };
}

/** The report in a format of its own; absent: none was asked for. */
async function reportText(report: PolicyReport, { settings, version, io }: Surface): Promise<string | undefined> {
  if (settings.report === 'junit') return (await import('../../ui/reports/junit.ts')).junitText(report, io.now());
  if (settings.report === 'sarif') return (await import('../../ui/reports/sarif.ts')).sarifText(report, version, io.now());
  return undefined;
}

/** An image with several violations is one image to whoever wants ids. */
function onceEach(violations: readonly Violation[]): readonly Violation[] {
  return [...new Map(violations.map((one) => [JSON.stringify([one.profile, one.id, one.file]), one])).values()];
}

function hintFor([first]: readonly Violation[], region: string | undefined): { readonly hint?: string } {
  if (first?.id === undefined || first.profile === undefined) return {};
  const { id: image, profile } = first;
  return { hint: `Look at the first with: ${commandLine({ verb: 'show', image }, { profile, region })}` };
}
