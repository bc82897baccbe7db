import { integrityError } from '../core/errors.ts';
import type { Image } from '../core/image.ts';
import type { Call } from '../core/operation.ts';
import type { Prepared } from '../transfer/prepare.ts';
import type { At } from './command.ts';
import { imagesNamed } from './resolve-image.ts';

/** The image that holds the same disk: by its content id, else, of what would be sent as it is, by its digest. */
export async function identical(at: At, taken: readonly Image[], prepared: Prepared): Promise<Image | undefined> {
  const active = await activeOf(at, taken);
  if (active.some((image) => image.contentId !== undefined)) {
    const contentId = await prepared.contentId();
    const same = active.find((image) => contentId !== undefined && image.contentId === contentId && sameLength(image, prepared));
    if (same) return same;
  }
  for (const image of active) if (image.contentId === undefined && (await hasDigest(image, prepared))) return image;
  return undefined;
}

/** A content id says nothing of zeros at the end of a disk: where both lengths are known, they must agree. */
function sameLength({ virtualBytes }: Image, { inspection }: Prepared): boolean {
  return virtualBytes === undefined || inspection.virtualBytes === undefined || virtualBytes === inspection.virtualBytes;
}

async function hasDigest({ checksums = {} }: Image, prepared: Prepared): Promise<boolean> {
  const algorithm = comparable.find((name) => checksums[name] !== undefined);
  return algorithm !== undefined && (await prepared.digest(algorithm)) === checksums[algorithm]?.toLowerCase();
}

/** Digests by which two files may be taken for the same one; MD5 is not among them, for files can be made to share it. */
const comparable = ['sha512', 'sha256'];

/** An image among those of that name which is known, without a byte being moved, to hold the same disk as another one. */
export async function alreadyThere(at: At, name: string, from: Image, call: Call): Promise<Image | undefined> {
  const taken = await activeOf(at, await imagesNamed(at, name, call));
  const same = ({ checksums = {}, diskFormat }: Image): boolean =>
    diskFormat === from.diskFormat &&
    comparable.some((algorithm) => checksums[algorithm] !== undefined && checksums[algorithm] === from.checksums?.[algorithm]);
  return (
    taken.find((image) => image.contentId !== undefined && image.contentId === from.contentId) ??
    taken.find((image) => (image.contentId === undefined || from.contentId === undefined) && same(image))
  );
}

/** Those that can be used, with what is known of their content here. */
const activeOf = (at: At, images: readonly Image[]): Promise<readonly Image[]> =>
  Promise.all(images.filter(({ status }) => status === 'active').map((image) => at.memory.recall(image)));

/** Throws INTEGRITY where an image that is to count as the same one has lost what its record says, as far as that can be asked. */
export async function checkIntact(at: At, { id }: Image, call: Call): Promise<void> {
  if (await at.isIntact(id, call)) return;
  throw integrityError(`image ${id} is damaged: its data does not match its checksum`, {
    hint: 'Use --if-exists replace, or delete it with:',
    next: [{ command: 'imgctl delete IMAGE', image: id }],
  }).inProfile(at.profile, at.provider);
}
