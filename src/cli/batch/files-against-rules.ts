import { ImgctlError } from '../../core/errors.ts';
import { shellWord } from '../../core/hint.ts';
import type { InspectionReport } from '../../core/inspection-report.ts';
import { policyCheck } from '../../engine/rules/check.ts';
import { readRules } from '../../engine/rules/read-rules.ts';
import { fileName, fileSubject } from '../../engine/rules/subject.ts';
import { fileColumns } from '../../ui/views/violation.ts';
import type { Surface } from '../program/context.ts';
import type { Outcome } from '../program/outcome.ts';
import { policyOutcome } from './policy-outcome.ts';

/**
 * Holds files against rules. What of them is about more than a file has is said, and not judged. The command ends with the status
 * of a file that is broken, or cannot be read, where there is one: that it is unsafe is worse than any violation.
 */
export async function filesAgainstRules(
  { rules, files }: { readonly rules: string; readonly files: readonly string[] },
  inspected: (file: string) => Promise<{ readonly report: InspectionReport; readonly refused?: ImgctlError }>,
  context: Surface,
): Promise<Outcome> {
  const set = await readRules(rules, context.signal);
  const checking = policyCheck(set, context.io.now(), 'files');
  const failed = new Set<string>();
  for (const file of files) {
    try {
      const { report, refused } = await inspected(file);
      checking.add({ file: report.file, name: fileName(report) }, fileSubject(report));
      if (refused) failed.add(file);
    } catch (error) {
      if (files.length === 1 || !(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      failed.add(file);
      await context.reportAs(error);
    }
  }
  const report = checking.report(failed);
  const { unasked } = checking;
  if (unasked.length > 0)
    context.warn(
      `not checked, since a file has none: ${unasked.join(', ')}; check the image with: imgctl policy check --rules ${shellWord(rules)}`,
    );
  return policyOutcome(report, { what: 'file', isWhole: failed.size === 0, columns: fileColumns }, context);
}
