import type { Format } from '../../core/encoding.ts';
import { unsupportedError, usageError } from '../../core/errors.ts';
import { convertFile, promiseOf } from '../../transfer/convert.ts';
import { writable } from '../../transfer/plan.ts';
import { checkTarget } from '../../transfer/save.ts';
import { savedView } from '../../ui/views/saved.ts';
import { defineCommand } from '../program/command.ts';
import { DryRunStop } from '../../engine/dry-run.ts';
import { one } from '../program/outcome.ts';
import { sourceOptions, wishesFrom } from '../options/transfer.ts';
import { fileOf, sourceFrom } from '../../engine/operations/source.ts';
import { wantedChecksum } from '../../engine/operations/expected-checksum.ts';
import { meansFor, plannedFile, warnOfLimit } from '../../engine/operations/transfer.ts';

export const convert = defineCommand({
  about:
    'Reads raw, qcow2, vmdk, vhd, vhdx, vdi and archives of them, also inside gzip, xz, zstd or bzip2. ' +
    'Writes raw, qcow2 and fixed vhd (of whole MiB, as Azure requires), and raw inside gzip where the name ends in .gz; ' +
    'what has the format already that the name promises is copied as it is, checked.',
  args: {
    from: { takes: 'required', summary: 'file, - or URL', completes: 'file' },
    to: { takes: 'required', summary: 'file to write', completes: 'file' },
  },
  options: {
    force: { kind: 'flag', summary: 'overwrite an existing file' },
    ...sourceOptions,
    diskFormat: { ...sourceOptions.diskFormat, value: [...writable].join('|'), suggests: [...writable] },
  },
  draws: () => savedView,
  needs: {},
  examples: [
    { does: 'a qcow2 as a raw disk', type: 'imgctl convert disk.qcow2 disk.raw --disk-format raw' },
    { does: 'compressed for a cloud that takes raw.gz', type: 'imgctl convert disk.qcow2 disk.raw.gz --disk-format raw' },
  ],
  async run(input, context) {
    if (input.to === '-') throw usageError('convert writes to a file: specify TO');
    const given = wishesFrom(input, await wantedChecksum(input.checksum, fileOf(input.from), context));
    const wishes = { ...given, format: formatFor(input.to, given.format) };
    const source = await sourceFrom(input.from, context);
    warnOfLimit(context, source.near || fileOf(input.from) === undefined);
    const task = context.progress.task(`convert ${source.name}`);
    const means = meansFor(context, task, []);
    if (context.settings.dryRun) {
      await checkTarget(input.to, input.force ?? false);
      throw new DryRunStop({ verb: 'convert', ...(await plannedFile(source, input.to, wishes, means)) });
    }
    task.step('convert');
    const saved = await convertFile(source, input.to, wishes, means, {
      force: input.force ?? false,
      warn: (message) => context.say(message),
    });
    task.done();
    return one(savedView, saved);
  },
});

/** What a file's name promises, unless another format is asked for; a name that promises what is not written is kept to it. */
function formatFor(file: string, asked: Format | undefined): Format | undefined {
  const promised = promiseOf(file).format;
  if (asked === undefined || promised === undefined || asked === promised || writable.has(promised)) return asked ?? promised;
  throw unsupportedError(`the name ${file} implies ${promised}, not ${asked}`, { hint: 'Choose another name or format.' });
}
