import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Action } from '../../core/action.ts';
import { formats, withEnding, type Compression, type Encoding } from '../../core/encoding.ts';
import { unsupportedError, usageError } from '../../core/errors.ts';
import { given, type Image } from '../../core/image.ts';
import type { Call, Download } from '../../core/operation.ts';
import type { Signer } from '../../core/signature.ts';
import type { Task } from '../../core/task.ts';
import { checkedSource, strongest, type Checksum } from '../../transfer/checksum.ts';
import { convertFile, encodingByExtension, misnaming } from '../../transfer/convert.ts';
import { safeFileName } from '../../transfer/file-name.ts';
import type { TransferOptions } from '../../transfer/transfer-options.ts';
import { whyUnverified } from '../../transfer/published-digests.ts';
import { checkTarget, saveTo, type Saved, type Saving } from '../../transfer/save.ts';
import type { Source } from '../../transfer/source.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { about } from '../dry-run.ts';
import type { Change } from './change.ts';
import { afresh, freshLook } from './fresh-look.ts';
import { publishedSource } from './published-source.ts';
import { meansFor, plannedFile, warnOfLimit } from './transfer.ts';
import type { Understood } from './wishes.ts';

/** Where bytes go as they come, in the place of a file. */
export interface ByteSink {
  /** For messages: `standard output`. */
  readonly name: string;
  /** Resolves when they have been taken. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Where an image's data is to go, and how. */
export interface DownloadWishes {
  /** A file, a folder for one that is named after the image, or a sink; absent: a file of that name, in the folder one is in. */
  readonly to?: string | ByteSink | undefined;
  /** Replace a file that is there. */
  readonly force?: boolean | undefined;
  /** Go on from what a broken download has left; what this one leaves is kept for the next. */
  readonly resume?: boolean | undefined;
}

/** The same, understood. */
export interface DownloadOptions extends DownloadWishes {
  readonly disk: Understood;
}

/** The file that an image was written to. */
export interface Downloaded extends Saved {
  readonly image: string;
  readonly profile: string;
  /** Of a disk that was converted. */
  readonly contentId?: string;
  /** Fingerprint of the key by which it, or its digest, was proved to be signed. Absent: it was not. */
  readonly signer?: string;
}

/** The image that was found. */
interface Wanted {
  readonly at: Account<'download' | 'show'>;
  readonly id: string;
  /** What it was found by. Absent: by its id. */
  readonly typed?: string | undefined;
  readonly call: Call;
}

/** What is known of a download before its first byte. */
interface Offer {
  readonly at: Account<'download' | 'show'>;
  readonly image: Image;
  readonly data: Pick<Download, 'verifiedBy'>;
  readonly source: Source;
  /** What the data is, as far as it is said. */
  readonly format: string | undefined;
  readonly compression: Compression | undefined;
  readonly wishes: TransferOptions;
  /** Who was proved to have signed it. */
  signer(): string | undefined;
  readonly task: Task;
}

/**
 * The download of an image; what is saved is absent where it went to a sink. Throws UNSUPPORTED where it cannot be resumed, USAGE for a
 * disk that is to be converted on its way to a sink; the rest as `saveTo` and `convertFile`.
 */
export async function downloading(
  { at, id, typed = id, call }: Wanted,
  wishes: DownloadOptions,
  context: EngineContext,
): Promise<Change<Downloaded | undefined>> {
  if (wishes.resume && !at.verb('download').ranges)
    throw unsupportedError(`${at.provider} does not support resuming downloads`, { hint: 'Omit --resume.' });
  const image = await at.verb('show').run({ id }, call);
  const found = { at, image, typed, call };
  const begin = (one: Pick<typeof found, 'image' | 'call'>): Promise<Change<Downloaded | undefined>> =>
    offered(one.image, { at, call: one.call }, wishes, context);
  // What went on as it came cannot be taken back.
  if (typeof wishes.to === 'object') return begin(found);
  return afresh(begin, found, (error) => freshLook(error, found, context));
}

async function offered(
  image: Image,
  { at, call }: Pick<Wanted, 'at' | 'call'>,
  { to, force = false, resume = false, disk }: DownloadOptions,
  context: EngineContext,
): Promise<Change<Downloaded | undefined>> {
  const asked = await disk.forImage(image, at);
  const data = await at.verb('download').run({ id: image.id }, call);
  // A provider that packs a disk into an archive of its own gives that archive; who downloads an image means the disk.
  const disks = formats.find((each) => each === image.diskFormat);
  const isPacked = data.encoding?.format === 'tar' && disks !== undefined && disks !== 'tar';
  const wishes = isPacked && asked.format === undefined ? { ...asked, format: disks } : asked;
  let signed: Signer | undefined;
  const source = await publishedSource(data, { at, image, call, proved: (by) => void (signed = by) }, context);
  warnOfLimit(context, at.driver.worksOnFiles);
  const task = context.task(`download ${image.name}`);
  task.step('receive');
  const offer: Offer = {
    at,
    image,
    data,
    source,
    format: data.encoding?.format ?? image.diskFormat,
    compression: data.encoding?.compression,
    wishes,
    signer: () => signed?.fingerprint ?? wishes.proved?.().signer,
    task,
  };
  return typeof to === 'object' ? intoSink(to, offer, context) : intoFile(to, { force, resume }, offer, context);
}

const isConverted = ({ format, compression, wishes }: Offer): boolean =>
  wishes.format !== undefined && (wishes.format !== format || compression !== undefined);

const planned = ({ at, image }: Offer): Pick<Action, 'verb'> & Partial<Action> => ({
  verb: 'download',
  profile: at.profile,
  provider: at.provider,
  ...about(image),
});

/** Digests that were asked for, besides the published one. */
const wantedOf = ({ wishes: { checksum } }: Offer): readonly Checksum[] => (checksum ? [checksum] : []);

function ended(offer: Offer, context: EngineContext): void {
  const { at, image, source, task } = offer;
  task.done();
  const unverified =
    source.verifiedBy || wantedOf(offer).length > 0 ? undefined : whyUnverified(source.digests, at.provider, image.id);
  if (unverified !== undefined) context.warn(unverified);
}

function intoSink(sink: ByteSink, offer: Offer, context: EngineContext): Change<undefined> {
  const { source, task } = offer;
  if (isConverted(offer)) throw usageError(`a converted disk cannot go to ${sink.name}`, { hint: 'Specify a file.' });
  return {
    plan: async () => [{ ...planned(offer), steps: ['receive', `write to ${sink.name}`, 'verify'] }],
    async perform() {
      const published = strongest(source.digests);
      const checked = checkedSource(source, [...(published ? [published] : []), ...wantedOf(offer)]);
      for await (const chunk of checked.open()) {
        await sink.write(chunk);
        task.advance(chunk.length, source.bytes);
      }
      ended(offer, context);
      return undefined;
    },
  };
}

async function intoFile(
  to: string | undefined,
  { force, resume }: Pick<Saving, 'force' | 'resume'>,
  offer: Offer,
  context: EngineContext,
): Promise<Change<Downloaded>> {
  const { at, image, data, source, wishes, task } = offer;
  const suffix = isConverted(offer) ? `.${wishes.format ?? ''}` : suffixOf(offer);
  const file = await fileFor(to, withEnding(safeFileName(image.name || image.id), suffix));
  const means = meansFor(context, task, []);
  const content = contentOf(offer, file);
  const misnamed = content && misnaming(file, content);
  if (misnamed !== undefined) context.warn(misnamed);
  const saving: Saving = {
    force,
    resume,
    ...(at.verb('download').ranges ? { identity: identityOf(image, strongest(source.digests)) } : {}),
    checksums: wantedOf(offer),
    // What was proved needs no digest of its own; of a disk of holes that would be one of its zeros most of all.
    ...(data.verifiedBy ? { digests: [] } : {}),
    progress: (bytes, total) => task.advance(bytes, total),
    warn: (message) => context.say(message),
  };
  return {
    async plan() {
      await checkTarget(file, force);
      const asItIs = { steps: ['receive', 'verify', `write ${file}`] };
      return [{ ...planned(offer), ...(isConverted(offer) ? await plannedFile(source, file, wishes, means) : asItIs) }];
    },
    async perform() {
      await checkTarget(file, force);
      const saved = isConverted(offer)
        ? await convertFile(source, file, wishes, means, { ...saving, begin: () => task.step('convert') })
        : await saveTo(file, source, saving);
      ended(offer, context);
      return { ...saved, image: image.id, profile: at.profile, ...given({ signer: offer.signer() }) };
    },
  };
}

/** What is to be written, as far as that is said. What is converted is compressed as its name has it. */
function contentOf(offer: Offer, file: string): Encoding | undefined {
  const isWritten = isConverted(offer);
  const format = formats.find((known) => known === (isWritten ? offer.wishes.format : offer.format));
  const compression = isWritten ? encodingByExtension(file).compression : offer.compression;
  return format && { format, ...given({ compression }) };
}

/** Tells these bytes from others. Where there is no digest to prove them in the end, the time of the last change is part of it. */
const identityOf = ({ id, updatedAt }: Image, proof: Checksum | undefined): string =>
  proof || updatedAt === undefined ? id : `${id}.${updatedAt}`;

const endings: Readonly<Record<Compression, string>> = { gzip: '.gz', xz: '.xz', zstd: '.zst', bzip2: '.bz2' };

const suffixOf = ({ format, compression }: Offer): string =>
  `${format === undefined ? '' : `.${format}`}${compression === undefined ? '' : endings[compression]}`;

/** Where the data goes: a file as named, or one named after the image in a folder. */
async function fileFor(to: string | undefined, name: string): Promise<string> {
  if (to === undefined) return name;
  const found = await stat(to).catch(() => undefined);
  return found?.isDirectory() || to.endsWith(path.sep) ? path.join(to, name) : to;
}
