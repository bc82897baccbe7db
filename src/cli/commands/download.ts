import { stat } from 'node:fs/promises';
import path from 'node:path';
import { withEnding, type Compression } from '../../core/encoding.ts';
import { localError, unsupportedError, usageError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { checkedSource, strongest, type Checksum } from '../../transfer/checksum.ts';
import { persistentSource } from '../../transfer/resume.ts';
import { saveTo, checkTarget, type Saving } from '../../transfer/save.ts';
import { whyUnverified } from '../../transfer/published.ts';
import { downloadSource, type Source } from '../../transfer/source.ts';
import { convertFile } from '../../transfer/convert.ts';
import { PipeClosed } from '../../ui/io.ts';
import { savedView } from '../../ui/views/saved.ts';
import { defineCommand } from '../program/command.ts';
import type { Surface } from '../program/context.ts';
import { about, DryRunStop } from '../../engine/dry-run.ts';
import { one } from '../program/outcome.ts';
import { target } from '../options/targets.ts';
import { sourceOptions, wishesFrom } from '../options/transfer.ts';
import { safeFileName } from '../../transfer/file-name.ts';
import { wantedChecksum } from '../../engine/operations/expected-checksum.ts';
import { meansFor, plannedFile, warnOfLimit } from '../../engine/operations/transfer.ts';

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
    const { at, id, call } = await target(input.image, context, input.latest ? { pick: 'latest' } : {});
    const verb = at.verb('download');
    if (input.resume && !verb.ranges)
      throw unsupportedError(`${at.provider} does not support resuming downloads`, { hint: 'Omit --resume.' });
    const image = await at.verb('show').run({ id }, call);
    const wishes = wishesFrom(input, await wantedChecksum(input.checksum, undefined, context));
    const data = await verb.run({ id }, call);
    const offered = downloadSource(data, `${at.profile}:${id}`, at.driver.worksOnFiles);
    const source = verb.ranges ? persistentSource(offered, call) : offered;
    const whole = { ...source, digests: { ...image.checksums, ...data.digests } };
    const checksums = wishes.checksum ? [wishes.checksum] : [];
    const unverified = checksums.length > 0 ? undefined : whyUnverified(whole.digests, at.provider, id);
    const ended = (): void => {
      task.done();
      if (unverified !== undefined) context.warn(unverified);
    };
    const format = data.encoding?.format ?? image.diskFormat;
    const compression = data.encoding?.compression;
    const converting = wishes.format !== undefined && (wishes.format !== format || compression !== undefined);
    warnOfLimit(context, at.driver.worksOnFiles);
    const task = context.progress.task(`download ${image.name}`);
    task.step('receive');
    const planned = { verb: 'download', profile: at.profile, provider: at.provider, ...about(image) };
    if (input.to === '-') {
      if (converting) throw usageError('a converted disk cannot go to standard output', { hint: 'Specify a file.' });
      if (context.settings.dryRun) throw new DryRunStop({ ...planned, steps: ['receive', 'write to standard output', 'verify'] });
      await toStdout(checked(whole, checksums), context, (bytes) => task.advance(bytes, source.bytes));
      ended();
      return undefined;
    }
    const suffix = converting ? `.${wishes.format ?? ''}` : suffixOf(format, compression);
    const file = await fileFor(input.to, withEnding(safeFileName(image.name || id), suffix));
    const means = meansFor(context, task, []);
    if (context.settings.dryRun) {
      await checkTarget(file, input.force ?? false);
      const plain = { steps: ['receive', 'verify', `write ${file}`] };
      throw new DryRunStop({ ...planned, ...(converting ? await plannedFile(whole, file, wishes, means) : plain) });
    }
    const saving: Saving = {
      force: input.force ?? false,
      resume: input.resume ?? false,
      ...(verb.ranges ? { identity: identityOf(id, image, strongest(whole.digests)) } : {}),
      checksums,
      progress: (bytes, total) => task.advance(bytes, total),
      warn: (message) => context.say(message),
    };
    if (!converting) {
      const saved = await saveTo(file, whole, saving);
      ended();
      return one(savedView, { ...saved, image: id, profile: at.profile });
    }
    await checkTarget(file, saving.force);
    const saved = await convertFile(whole, file, wishes, means, saving);
    ended();
    return one(savedView, { ...saved, image: id, profile: at.profile });
  },
});

/** Tells these bytes from others. Where there is no digest to prove them in the end, the time of the last change is part of it. */
const identityOf = (id: string, { updatedAt }: Image, proof: Checksum | undefined): string =>
  proof || updatedAt === undefined ? id : `${id}.${updatedAt}`;

const endings: Readonly<Record<Compression, string>> = { gzip: '.gz', xz: '.xz', zstd: '.zst', bzip2: '.bz2' };

const suffixOf = (format: string | undefined, compression: Compression | undefined): string =>
  `${format === undefined ? '' : `.${format}`}${compression === undefined ? '' : endings[compression]}`;

function checked(source: Source, checksums: readonly Checksum[]): Source {
  const published = strongest(source.digests);
  return checkedSource(source, [...(published ? [published] : []), ...checksums]);
}

async function toStdout(source: Source, surface: Surface, progress: (bytes: number) => void): Promise<void> {
  for await (const chunk of source.open()) {
    await surface.stdoutBytes(chunk).catch((error: unknown) => {
      // Of a list a reader may take what he wants; of a disk only all of it is one.
      throw error instanceof PipeClosed ? localError('standard output was closed before all bytes were written') : error;
    });
    progress(chunk.length);
  }
}

/** Where the data goes: a file as named, or one named after the image in a folder. */
async function fileFor(to: string | undefined, name: string): Promise<string> {
  if (to === undefined) return name;
  const found = await stat(to).catch(() => undefined);
  return found?.isDirectory() || to.endsWith(path.sep) ? path.join(to, name) : to;
}
