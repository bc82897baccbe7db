import { conflictError, ImgctlError, integrityError } from '../../core/errors.ts';
import { areOtherDisks, isOfOtherBytes, type Image, type Status } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import { provenanceIn } from '../../core/provenance.ts';
import { temporaryFolder } from '../../host/paths.ts';
import { detect } from '../../transfer/detect.ts';
import type { Prepared } from '../../transfer/prepared.ts';
import { downloadSource } from '../../transfer/source.ts';
import { fullScan } from '../../transfer/full-scan.ts';
import type { EngineContext } from '../context.ts';
import type { Account } from '../account/account.ts';
import { comparable as comparableDigests } from '../../transfer/published-digests.ts';
import { formatNamed } from '../operations/transfer.ts';
import { hasItsData } from './intact.ts';

/*
 * A content id is what somebody has once said of an image: anybody may set the property, and some clouds hand it on to what is made from
 * the image (snapshots of a server). What the provider itself says of the bytes, its digests, counts more; where they can be
 * read at no cost they are read.
 */

/** An image that counts as the same as another one. `isProved`: by digests or by reading, and not only by what is on record. */
export interface Same {
  readonly image: Image;
  readonly isProved: boolean;
  /** What is on record. */
  readonly by?: 'content id' | 'source digest';
}

/** That one of these which holds the same disk: by the digest of what would be sent as it is, else by its content id. */
export async function identical(
  at: Account,
  known: readonly Image[],
  prepared: Prepared,
  { call, context }: Reading,
): Promise<Same | undefined> {
  const rest: Image[] = [];
  for (const image of known) {
    const hasDigest = await sameDigest(image, prepared);
    if (hasDigest === true) return { image, isProved: true };
    // Of a raw disk that is sent as it is there is but one form.
    const isOther = hasDigest === false && image.diskFormat === 'raw' && prepared.plan.encoding.format === 'raw';
    if (image.contentId !== undefined && !isOther) rest.push(image);
  }
  const contentId = rest.length > 0 ? await prepared.contentId() : undefined;
  for (const image of rest) {
    if (contentId === undefined || image.contentId !== contentId || !sameLength(image, prepared)) continue;
    const isProved = await holdsClaim(at, image, { call, context });
    if (isProved !== false) return { image, isProved: isProved ?? false };
  }
  return undefined;
}

interface Reading {
  readonly call: Call;
  readonly context: EngineContext;
}

/** That one of these which holds the disk of a file that was read to its end: by its digest, else by its content id. */
export async function holding(at: Account, known: readonly Image[], file: Image, reading: Reading): Promise<Same | undefined> {
  const same = known.find((each) => shareDigest(each, file) === true);
  if (same) return { image: same, isProved: true };
  for (const image of known) {
    if (image.contentId === undefined || image.contentId !== file.contentId || areOtherDisks(image, file)) continue;
    const isProved = await holdsClaim(at, image, reading);
    if (isProved !== false) return { image, isProved: isProved ?? false };
  }
  return undefined;
}

/** Whether the disk of an image has the content id on its record; absent where it is too far to be read for that. */
async function holdsClaim(at: Account, image: Image, { call, context }: Reading): Promise<boolean | undefined> {
  const download = at.driver.worksOnFiles ? at.maybe('download') : undefined;
  // What is not in use is not handed out.
  if (!download || image.status !== 'active') return undefined;
  try {
    const source = downloadSource(await download.run({ id: image.id }, call), `${at.profile}:${image.id}`, true);
    const declared = formatNamed(image.diskFormat);
    const seen = await detect(declared === undefined ? source : { ...source, declared });
    const { contentId } = await fullScan(seen, [], temporaryFolder(context.home), call.signal);
    return contentId === undefined ? undefined : contentId === image.contentId;
  } catch (error) {
    // That it is damaged is found, and told, by whoever relies on it.
    if (error instanceof ImgctlError && error.code === 'INTEGRITY') return undefined;
    throw error;
  }
}

/** A content id says nothing of zeros at the end of a disk: where both lengths are known, they must agree. */
function sameLength({ virtualBytes, diskFormat, sizeBytes }: Image, { virtualBytes: wanted, plan }: Prepared): boolean {
  const length = plan.encoding.format === 'raw' && !plan.encoding.compression ? wanted : undefined;
  if (diskFormat === 'raw' && sizeBytes !== undefined && length !== undefined && sizeBytes !== length) return false;
  return virtualBytes === undefined || wanted === undefined || virtualBytes === wanted;
}

/** Whether what would be sent has the digest of an image; absent where that cannot be compared. */
async function sameDigest({ checksums = {} }: Image, prepared: Prepared): Promise<boolean | undefined> {
  const algorithm = comparable.find((name) => checksums[name] !== undefined);
  const digest = algorithm === undefined ? undefined : await prepared.digest(algorithm);
  return digest === undefined || algorithm === undefined ? undefined : digest === checksums[algorithm]?.toLowerCase();
}

/** Digests by which two files may be taken for the same one; MD5 is not among them, for files can be made to share it. */
const comparable = ['sha512', 'sha256'];

/** Whether two images have a digest in common; absent where none can be compared. */
function shareDigest(a: Pick<Image, 'checksums'>, b: Pick<Image, 'checksums'>): boolean | undefined {
  const algorithm = comparable.find((name) => a.checksums?.[name] !== undefined && b.checksums?.[name] !== undefined);
  return algorithm === undefined ? undefined : a.checksums?.[algorithm] === b.checksums?.[algorithm];
}

/** That one of these which is known, without a byte being moved, to hold the same disk as `image` in `from`. */
export async function alreadyThere(
  at: Account,
  known: readonly Image[],
  { at: from, image: asked }: { readonly at: Account; readonly image: Image },
  reading: Reading,
): Promise<Same | undefined> {
  const image = await withPublishedContent(asked, at);
  const same = known.find((each) => each.diskFormat === image.diskFormat && shareDigest(each, image) === true);
  if (same) return { image: same, isProved: true };
  const copied = await copiedBefore(at, known, image, reading);
  if (copied) return copied;
  for (const each of known) {
    if (each.contentId === undefined || each.contentId !== image.contentId || areOtherDisks(each, image)) continue;
    if (isOfOtherFile(each, image) || isOtherFile(each, image)) continue;
    const proofs = [await holdsClaim(at, each, reading), await holdsClaim(from, asked, reading)];
    const isProved = proofs.every((proof) => proof === true);
    // What lies near can still be given the digest that the other side has.
    if (isProved || (!proofs.includes(false) && !from.driver.worksOnFiles)) return { image: each, isProved };
  }
  return undefined;
}

/** Whether what the target has is the very image, by an id that is a digest of all of it. */
export const isSameImage = (at: Account, there: Image, image: Image): boolean =>
  at.driver.idsAreDigests && there.provider === image.provider && there.id === image.id;

/** The digests by which a file is published that can be relied on, as `ALGO:HEX`. */
export const publishedDigests = ({ checksums = {} }: Pick<Image, 'checksums'>): readonly string[] =>
  comparable.flatMap((name) => (checksums[name] === undefined ? [] : [`${name}:${checksums[name].toLowerCase()}`]));

/** The same image, with the content id that an earlier run found in the file that it is published as. */
async function withPublishedContent(image: Image, { memory }: Account): Promise<Image> {
  const [digest] = publishedDigests(image);
  if (image.contentId !== undefined || digest === undefined) return image;
  return { ...image, contentId: await memory.contentIdOf(digest) };
}

/** Whether an image says that it was made of another published file. */
function isOfOtherFile(there: Image, published: Image): boolean {
  const { digest } = provenanceIn(there.properties);
  const known = publishedDigests(published);
  return digest !== undefined && known.some((one) => sameAlgorithm(one, digest)) && !known.includes(digest);
}

/** Formats of which a copy is the very file: nobody writes them anew unless another one is asked for. */
const copiedAsTheyAre: readonly (string | undefined)[] = ['qcow2', 'vmdk', 'vhd', 'vhdx', 'vdi'];

/**
 * Whether an image is not taken for a copy of what is published, whatever is on its record: it has its format, and other bytes. Of a
 * file whose name does not tell its format it may have been converted; then only this machine's own memory says that it is a copy.
 */
export function isOtherFile(there: Image, published: Image): boolean {
  if (!copiedAsTheyAre.includes(there.diskFormat)) return false;
  if (published.diskFormat !== undefined && published.diskFormat !== there.diskFormat) return false;
  // Of what is inside of a compressed file neither is published.
  if (/\.(?:gz|xz|zst|bz2)$/i.test(provenanceIn(published.properties).url ?? published.name)) return false;
  const isSame = shareDigest(there, published);
  if (isSame !== undefined) return !isSame;
  // Who gives no digest of the bytes may count more than those.
  if (comparableDigests(there.checksums).length === 0) return false;
  return there.sizeBytes !== undefined && published.sizeBytes !== undefined && there.sizeBytes !== published.sizeBytes;
}

const sameAlgorithm = (a: string, b: string): boolean => a.split(':')[0] === b.split(':')[0];

/**
 * That one of these which was made of the same published file, by the digest that is kept with it; none whose disk is not the one that
 * this machine has found in that file. It is proved where this machine has kept the digest too, and the provider still says of the bytes
 * what it said then.
 */
export async function copiedBefore(
  at: Account,
  images: readonly Image[],
  published: Image,
  reading: Reading,
): Promise<Same | undefined> {
  const known = publishedDigests(published);
  for (const each of images) {
    if (isSameImage(at, each, published)) return { image: each, isProved: true };
    const { digest } = provenanceIn(each.properties);
    if (digest === undefined || !known.includes(digest) || isOfOtherBytes(each)) continue;
    // The very file.
    if (shareDigest(each, published) === true) return { image: each, isProved: true };
    const kept = await at.memory.factsOf(each);
    const isKept = provenanceIn(kept?.properties ?? {}).digest === digest;
    if (!isKept && isOtherFile(each, published)) continue;
    const found = await at.memory.contentIdOf(digest);
    if (found !== undefined && each.contentId !== undefined && found !== each.contentId) continue;
    const holds = each.contentId === undefined ? undefined : await holdsClaim(at, each, reading);
    if (holds === false) continue;
    return { image: each, isProved: isKept && (holds ?? !at.driver.worksOnFiles), by: 'source digest' };
  }
  return undefined;
}

/** Those in this state, with what is known of their content here. */
export const recalled = (at: Account, images: readonly Image[], wanted: Status): Promise<readonly Image[]> =>
  Promise.all(images.filter(({ status }) => status === wanted).map((image) => at.memory.recall(image)));

/** What becomes of something that is there already, as the one step of a plan. */
export const nothingToDo = ({ image: { id }, isProved }: Same): string =>
  isProved ? `nothing: ${id} has the same content` : `nothing: ${id} has the same content by what is on record`;

/** Says that there is nothing to do, and by what an image counts as the same where its data could not be compared. */
export function tellSame(
  { image: { id }, isProved, by = 'content id' }: Same,
  context: Pick<EngineContext, 'say' | 'warn'>,
): void {
  if (!isProved) context.warn(`not verified: ${id} has the same ${by} on record, but its data could not be compared`);
  context.say(isProved ? `already up to date: ${id} has the same content` : `already up to date by what is on record: ${id}`);
}

/** Throws INTEGRITY where an image has lost what its record says, as far as that can be asked. */
export async function checkIntact(at: Account, { image }: Same, call: Call): Promise<void> {
  const { id } = image;
  if (!(await hasItsData(at, image, call)))
    throw integrityError(`image ${id} is damaged: its data is gone, or does not match its checksum`, {
      hint: 'Use --if-exists replace, or delete it with:',
      next: [{ verb: 'delete', image: id }],
    }).inProfile(at.profile, at.provider);
}

/** Whether two images hold the same disk by what their providers, or their records, say. */
export const isSameContent = (a: Image, b: Image): boolean =>
  shareDigest(a, b) ?? (a.contentId !== undefined && a.contentId === b.contentId);

/** The refusal to make in another way what was taken out of use: nobody is told that it comes back. */
export function withdrawn(at: Account, { id, name }: Image): ImgctlError {
  const verbs = (['reactivate', 'delete'] as const).filter((verb) => at.maybe(verb));
  return conflictError(`"${name}" (${id}) has the same content, and is inactive: somebody has taken it out of use`, {
    hint: 'Use it again, or delete it first, with:',
    next: verbs.map((verb) => ({ verb, image: id })),
  }).inProfile(at.profile, at.provider);
}
