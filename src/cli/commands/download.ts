import { localError, usageError } from '../../core/errors.ts';
import { downloading, type ByteSink } from '../../engine/operations/download.ts';
import { PipeClosed } from '../../ui/io.ts';
import { savedView } from '../../ui/views/saved.ts';
import { understood } from '../../engine/operations/wishes.ts';
import { archOption } from '../options/arch.ts';
import { target } from '../options/targets.ts';
import { diskWishes, sourceOptions } from '../options/transfer.ts';
import { defineCommand } from '../program/command.ts';
import type { Surface } from '../program/context.ts';
import { one } from '../program/outcome.ts';
import { carriedOut } from '../program/plan.ts';

export const download = defineCommand({
  about: 'The file gets its name only when every byte is there, verified and on the disk. --resume continues a partial download.',
  args: {
    image: { takes: 'required', summary: 'image to download', completes: 'image' },
    to: {
      takes: 'optional',
      summary: 'file, folder, or - for standard output (default: a file named after the image, here)',
      completes: 'file',
    },
  },
  options: {
    force: { kind: 'flag', summary: 'overwrite an existing file' },
    resume: { kind: 'flag', summary: 'resume a partial download' },
    latest: { kind: 'flag', summary: 'use the newest match' },
    arch: archOption,
    ...sourceOptions,
  },
  draws: () => savedView,
  needs: { at: ['download', 'show'] },
  examples: [
    { does: 'to a file', type: 'imgctl download web web.qcow2' },
    { does: 'to standard output', type: 'imgctl download pcd:web - | sha512sum' },
    { does: 'as a raw disk', type: 'imgctl download web web.raw --disk-format raw' },
  ],
  async run(input, context) {
    if (input.to === '-' && context.io.stdoutIsTerminal && !input.force)
      throw usageError('standard output is a terminal: a disk image is binary data', {
        hint: 'Redirect it, specify a file, or add --force.',
      });
    const disk = await understood(diskWishes(input), context);
    const found = await target(input.image, context, input.latest ? { pick: 'latest' } : {});
    const { force, resume } = input;
    const to = input.to === '-' ? standardOutput(context) : input.to;
    return carriedOut(
      await downloading(
        { ...found, typed: context.directory.reference(input.image).image },
        { to, force, resume, disk },
        context,
      ),
      context,
      (saved) => saved && one(savedView, saved),
    );
  },
});

const standardOutput = (surface: Surface): ByteSink => ({
  name: 'standard output',
  write: (bytes) =>
    surface.stdoutBytes(bytes).catch((error: unknown) => {
      // Of a list a reader may take what he wants; of a disk only all of it is one.
      throw error instanceof PipeClosed ? localError('standard output was closed before all bytes were written') : error;
    }),
});
