import { ImgctlError, usageError } from '../../core/errors.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import type { InspectionReport } from '../../core/inspection-report.ts';
import { inspect, type Inspected, type InspectWishes } from '../../engine/operations/inspect.ts';
import type { View } from '../../ui/view.ts';
import { inspectionView } from '../../ui/views/inspection.ts';
import { provenanceView } from '../../ui/views/provenance.ts';
import { violationView } from '../../ui/views/violation.ts';
import { rulesOption } from '../options/rules.ts';
import { sourceOptions } from '../options/transfer.ts';
import { defineCommand } from '../program/command.ts';
import { flagName } from '../program/option.ts';
import type { Surface } from '../program/context.ts';
import { many, one } from '../program/outcome.ts';
import { whereTyped } from '../program/where-typed.ts';

export const inspectFile = defineCommand({
  about:
    'Detects the format by content; a name that contradicts it is refused. Exits with 11 for what is broken, unsafe or no disk image. ' +
    'Of several files all are inspected, and the exit code is that of the worst.',
  args: { file: { takes: 'many', summary: 'files, - or URLs', completes: 'file' } },
  options: {
    hash: {
      kind: 'switch',
      summary: 'compute digests and the content id, reading everything (default, but for URLs and large files of mostly holes)',
    },
    checksum: sourceOptions.checksum,
    verify: sourceOptions.verify,
    provenance: {
      kind: 'flag',
      summary:
        'check again what is on record of images (PROFILE:IMAGE): reads their data, and asks who publishes them; exit 11 unless all of it is proved',
    },
    contentId: { kind: 'flag', summary: 'compute the content id of the disk, and no digests of the file' },
    rules: {
      ...rulesOption,
      summary: 'hold the files against these rules, and show what violates them (exit 15): a file, or a set that is shipped',
    },
  },
  draws: ({ provenance, rules }) =>
    (provenance ? provenanceView : rules === undefined ? inspectionView : violationView) as View<never>,
  isHarmless: true,
  reports: ['junit', 'sarif'],
  needs: {},
  examples: [
    { does: 'everything about a file', type: 'imgctl inspect disk.qcow2' },
    { does: 'only the headers', type: 'imgctl inspect disk.qcow2 --no-hash' },
    { does: 'whether a copy still is what its publisher has signed', type: 'imgctl inspect --provenance pcd:ubuntu-24.04' },
    { does: 'all that a job has built', type: 'imgctl inspect *.qcow2 -o jsonl' },
    { does: 'whether it keeps your rules', type: 'imgctl inspect disk.qcow2 --rules rules.yaml' },
    {
      does: 'in CI: fail if it is broken or unsafe, and keep the report',
      type: 'imgctl inspect disk.qcow2 -o json > report.json',
    },
  ],
  async run(input, context) {
    if (context.settings.report !== undefined && input.rules === undefined)
      throw usageError(`-o ${context.settings.report} requires --rules`);
    if (input.provenance) {
      const other = (['hash', 'checksum', 'verify', 'contentId', 'rules'] as const).find((name) => input[name] !== undefined);
      if (other !== undefined)
        throw usageError(`--provenance and ${input[other] === false ? '--no-' : '--'}${flagName(other)} cannot be combined`);
      const { provenanceOf } = await import('../batch/provenance.ts');
      return provenanceOf(input.file, context);
    }
    const { rules } = input;
    if (rules !== undefined) {
      const { filesAgainstRules } = await import('../batch/files-against-rules.ts');
      return filesAgainstRules({ rules, files: input.file }, (file) => inspected(file, input, context), context);
    }
    const [only = '', ...others] = input.file;
    if (others.length === 0) return one(inspectionView, (await inspected(only, input, context)).report);
    const reports: InspectionReport[] = [];
    for (const file of input.file) {
      try {
        reports.push((await inspected(file, input, context)).report);
      } catch (error) {
        if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
        await context.reportAs(error);
      }
    }
    return many(inspectionView, reports);
  },
});

/** What a file is. One that would be refused is reported, and the command ends with its code. */
async function inspected(file: string, wishes: InspectWishes, context: Surface): Promise<Inspected> {
  const found = await inspect(file, wishes, context).catch((error: unknown) => {
    const isPath = !/^https?:/i.test(file);
    throw error instanceof ImgctlError && error.code === 'NOT_FOUND' && isPath
      ? error.with({ hint: showInstead(file, context) })
      : error;
  });
  if (found.refused) await context.reportAs(found.refused);
  return found;
}

/** What is typed for an image: this verb reads files. */
const showInstead = (text: string, { settings }: Surface): string =>
  `Show an image with: ${commandLine({ verb: 'show', args: [text], options: whereTyped(settings) }, nowhere)}`;
