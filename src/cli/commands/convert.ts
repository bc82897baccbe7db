import { converting, writableFormats } from '../../engine/operations/convert.ts';
import { savedView } from '../../ui/views/saved.ts';
import { diskWishes, sourceOptions } from '../options/transfer.ts';
import { defineCommand } from '../program/command.ts';
import { one } from '../program/outcome.ts';
import { carriedOut } from '../program/plan.ts';

export const convert = defineCommand({
  about:
    'Reads raw, qcow2, vmdk, vhd, vhdx, vdi and archives of them, also inside gzip, xz, zstd or bzip2. ' +
    'Writes raw, qcow2 and fixed vhd (of whole MiB), and raw inside gzip where the name ends in .gz; ' +
    'what has the format already that the name promises is copied as it is, checked.',
  args: {
    from: { takes: 'required', summary: 'file, - or URL', completes: 'file' },
    to: { takes: 'required', summary: 'file to write', completes: 'file' },
  },
  options: {
    force: { kind: 'flag', summary: 'overwrite an existing file' },
    ...sourceOptions,
    diskFormat: { ...sourceOptions.diskFormat, value: writableFormats.join('|'), suggests: writableFormats },
  },
  draws: () => savedView,
  needs: {},
  examples: [
    { does: 'a qcow2 as a raw disk', type: 'imgctl convert disk.qcow2 disk.raw --disk-format raw' },
    { does: 'compressed for a cloud that takes raw.gz', type: 'imgctl convert disk.qcow2 disk.raw.gz --disk-format raw' },
  ],
  async run({ from, to, force, ...disk }, context) {
    return carriedOut(
      await converting({ from, to, force, ...diskWishes(disk) }, context),
      context,
      (saved) => saved && one(savedView, saved),
    );
  },
});
