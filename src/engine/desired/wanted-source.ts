import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { configError, conflictError, notFoundError, type ImgctlError } from '../../core/errors.ts';
import { given, imageFrom, type Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import { provenanceIn, provenanceProperties, type Properties } from '../../core/provenance.ts';
import { temporaryFolder } from '../../host/paths.ts';
import { fileReadError } from '../../transfer/file-bytes.ts';
import { fileSource } from '../../transfer/file-source.ts';
import { detect } from '../../transfer/detect.ts';
import { fullScan } from '../../transfer/full-scan.ts';
import { urlSource } from '../../transfer/url-source.ts';
import type { TransferOptions } from '../../transfer/transfer-options.ts';
import type { Account } from '../account/account.ts';
import { asMistyped, profileHint, typable } from '../account/mistyped-profile.ts';
import { openAt } from '../account/open.ts';
import type { EngineContext } from '../context.ts';
import { alreadyThere, copiedBefore, holding, publishedDigests } from '../images/compare.ts';
import { findImage, shownImage } from '../images/resolve.ts';
import { copyNeeds } from '../operations/copy-options.ts';
import { understood, type Understood } from '../operations/wishes.ts';
import { fileNameOf, isUrl } from '../trust/beside.ts';
import { nearest } from '../../host/did-you-mean.ts';
import { failureOf } from './look.ts';
import { isPath } from './read-manifest.ts';
import type { ManifestImage } from './manifest.ts';

/** What an image of a manifest is made of, as far as that can be known without its bytes. */
export interface WantedSource {
  /** As an image: its properties say where it comes from. */
  readonly image: Image;
  /** Where it is read from. Absent: it is a file or a URL. */
  readonly at?: Account;
  readonly disk: Understood;
  /** What a file or URL has to be held against. */
  readonly transfer?: TransferOptions;
  /** Properties that an image of it has to have. */
  readonly says?: Properties;
  /** Properties that a new one gets besides: what is at the address says so just now. */
  readonly born?: Properties;
  /** Of a URL: that there is nothing; asked once, and only where it is to be read. */
  missing?(): Promise<ImgctlError | undefined>;
  /** What tells it from another version; a file is read for it. */
  version(): Promise<string>;
  /** Of a file: with the digests of what is in it; it is read for that once. */
  whole?(): Promise<Image>;
  /** Content id of its disk, where it is known; a file is read for it. */
  contentId(): Promise<string | undefined>;
  /** Whether an image holds it, as far as is known without its bytes being moved. A file is read once for it. */
  isIn(image: Image, at: Account, reading: { readonly call: Call; readonly context: EngineContext }): Promise<boolean>;
}

/** Looks at the source. Throws where it cannot be found or read, and what the wishes about it throw. */
export async function wantedSource(wanted: ManifestImage, context: EngineContext): Promise<WantedSource> {
  const { verify, checksum, fromFormat, diskFormat, allowUnsafe, source } = wanted;
  const disk = await understood({ verify, checksum, fromFormat, format: diskFormat, allowUnsafe }, context);
  if (isUrl(source)) return fromUrl(wanted, disk, context);
  return isPath(source) ? fromFile(wanted, disk, context) : fromImage(wanted, disk, context);
}

async function fromImage(
  { source, latest, arch }: ManifestImage,
  disk: Understood,
  context: EngineContext,
): Promise<WantedSource> {
  const { directory } = context;
  const reference = directory.reference(source);
  if (reference.profile === undefined) {
    const close = nearest(source.split(':')[0] ?? '', typable(directory));
    throw asMistyped(
      notFoundError(`the source "${source}" is no file, no URL, and no PROFILE:IMAGE`, {
        hint: `Write a file as ./${source}. ${profileHint(close)}`,
      }),
      source,
      directory.current,
      directory,
    );
  }
  const settings = { ...context.settings, region: undefined, arch };
  const at = await openAt(reference.profile, copyNeeds.from, { ...context, settings });
  const call = context.call();
  const image = await shownImage(at, await findImage(at, reference.image, latest ? { pick: 'latest' } : {}, call), call);
  if (image.status !== 'active') throw conflictError(`the source ${source} (${image.id}) is ${image.status}`);
  return {
    image,
    at,
    disk,
    version: async () => versionOf(image),
    contentId: async () => image.contentId,
    isIn: async (there, to, reading) => (await alreadyThere(to, [there], { at, image }, reading)) !== undefined,
  };
}

/** What is at a URL is known by the digest that it must have. */
async function fromUrl(wanted: ManifestImage, disk: Understood, context: EngineContext): Promise<WantedSource> {
  const { source: url, version } = wanted;
  const asked = await disk.forFile(url);
  const { checksum } = asked;
  const checksums = checksum ? { [checksum.algorithm]: checksum.hex } : {};
  const known = checksum ? { digest: `${checksum.algorithm}:${checksum.hex}` } : {};
  // The digest that its bytes are held against stays with what is made of them: by that it is known again.
  const transfer: TransferOptions = { ...asked, proved: () => ({ ...known, ...asked.proved?.() }) };
  const image = pseudo(fileNameOf(url), { checksums, properties: provenanceProperties({ url, ...transfer.proved?.() }) });
  const pointed = await pointedAt(wanted, checksum?.hex, context);
  let missing: Promise<ImgctlError | undefined> | undefined;
  return {
    image,
    disk,
    transfer,
    ...pointed,
    missing: () => (missing ??= missingAt(url, context)),
    version: async () => pointed.born[version?.property ?? ''] ?? version?.label ?? versionOf(image),
    contentId: async () => undefined,
    isIn: async (there, at, reading) => (await copiedBefore(at, [there], image, reading)) !== undefined,
  };
}

/** That there is nothing at an address. Whatever else keeps it from being read now is told by who reads it. */
async function missingAt(url: string, context: EngineContext): Promise<ImgctlError | undefined> {
  try {
    await (await urlSource(url, (await context.tools()).http, context.call())).close();
    return undefined;
  } catch (error) {
    const { code } = failureOf(error);
    return code === 'NOT_FOUND' ? failureOf(error) : undefined;
  }
}

/** What is said of whatever is at an address just now: its digest, and when it was put there. */
async function pointedAt(
  { version, labels }: ManifestImage,
  hex: string | undefined,
  context: EngineContext,
): Promise<{ readonly says: Properties; readonly born: Properties }> {
  const { pointer, property } = version ?? {};
  if (!version || !pointer || property === undefined || hex === undefined) return { says: {}, born: {} };
  const { [pointer.date]: date, image_source: address } = labels.properties ?? {};
  const source = address === undefined ? undefined : await urlSource(address, (await context.tools()).http, context.call());
  const day = source?.modifiedAt?.slice(0, 10);
  return {
    says: { [pointer.digest]: hex },
    born: {
      [property]: day?.replaceAll('-', '') ?? version.label,
      ...(date === undefined && day !== undefined ? { [pointer.date]: day } : {}),
    },
  };
}

/** A file is read for what is in it, and only where that is to be compared. */
async function fromFile(
  { source: file, version }: ManifestImage,
  disk: Understood,
  context: EngineContext,
): Promise<WantedSource> {
  const facts = await factsOf(file);
  const transfer = await disk.forFile(file);
  const image = pseudo(fileNameOf(file), { createdAt: facts.mtime.toISOString(), sizeBytes: facts.size });
  let reading: Promise<Image> | undefined;
  let read: Image | undefined;
  const whole = async (): Promise<Image> => (read = await (reading ??= contentOf(file, image, context)));
  return {
    image,
    disk,
    // What is sent is what was looked at.
    get transfer() {
      const [algorithm, hex] = (read && publishedDigests(read)[0]?.split(':')) ?? [];
      return algorithm === undefined || hex === undefined || transfer.checksum
        ? transfer
        : { ...transfer, checksum: { algorithm, hex } };
    },
    whole,
    version: async () => version?.label ?? versionOf(await whole()),
    contentId: async () => (await whole()).contentId,
    isIn: async (there, at, reading) => (await holding(at, [there], await whole(), reading)) !== undefined,
  };
}

/** Whatever else is there can be read only once, and has no content that a later plan could be held against. */
async function factsOf(file: string): Promise<Stats> {
  const facts = await stat(file).catch((cause: unknown) => Promise.reject(fileReadError(cause, file)));
  if (facts.isFile()) return facts;
  throw configError(`the source ${file} is ${facts.isDirectory() ? 'a folder' : 'no regular file'}`, {
    hint: 'Name a disk image in a file, or upload it by itself.',
  });
}

async function contentOf(file: string, image: Image, context: EngineContext): Promise<Image> {
  const source = await fileSource(file, context.signal);
  try {
    const seen = await detect(source);
    const { contentId, digests } = await fullScan(seen, ['sha256', 'sha512'], temporaryFolder(context.home), context.signal);
    return { ...image, ...given({ contentId, checksums: digests, diskFormat: seen.inspection.format }) };
  } finally {
    await source.close();
  }
}

const pseudo = (name: string, facts: Partial<Image>): Image => ({
  ...imageFrom(
    { id: '', name, status: 'active', providerStatus: '', tags: [], properties: {}, places: [], raw: {} },
    { profile: '', provider: '' },
  ),
  ...facts,
});

/** A serial, or the beginning of a digest, or of the content id: the same for the same content. */
function versionOf(image: Image): string {
  const { serial } = provenanceIn(image.properties);
  const [digest = image.contentId ?? image.id] = publishedDigests(image).toReversed();
  return serial ?? (digest.split(':').at(-1) ?? digest).slice(0, 12);
}

/** What it is made of, in a word for a plan: its digest, else the content id, else its id. */
export function contentWord(image: Image): string {
  const { digest } = provenanceIn(image.properties);
  const [published] = publishedDigests(image);
  return (
    digest ??
    published ??
    image.contentId ??
    (image.id === '' ? `${image.name} ${image.sizeBytes ?? ''} ${image.createdAt ?? ''}` : image.id)
  );
}
