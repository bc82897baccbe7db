import { conflictError } from '../../core/errors.ts';
import { errnoMessage } from '../../core/errno.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import { blobPath, blobSize, damagedBlob, isIntact, readBlob, readDocument } from './blobs.ts';
import { dataOf, type Descriptor } from '../_oci/manifest.ts';
import { find, ifDamaged, lookUp, type Found } from './images.ts';
import { enterIndex } from './write-image.ts';
import type { LocalClient } from './client.ts';
import { DraftFolder } from './draft-folder.ts';
import { throwIfAborted } from './errors.ts';
import type { Folder } from './folder.ts';
import { readIndex } from './index-file.ts';
import { removeImage } from './remove-image.ts';
import { recordFrom } from './record.ts';
import { storedDisk } from './stored-disk.ts';
import { writeNewFile } from './write-temporary-file.ts';

/** Whether what stands in a place is a copy of this image, and not one that only has the same id. */
export const isCopy = (found: Found, there: Found | undefined): boolean =>
  there !== undefined && there.manifest.disk !== undefined && there.manifest.disk.digest === found.manifest.disk?.digest;

/** What `read` finds in each place. A place that cannot be read is reported, and counts as one that holds nothing. */
export async function inPlaces<T>(
  client: LocalClient,
  call: Call,
  read: (folder: Folder) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  const all = new Map<string, T>();
  for (const [name, folder] of client.places) {
    throwIfAborted(call.signal);
    try {
      all.set(name, await read(folder));
    } catch (error) {
      call.note({ kind: 'warning', message: `place ${name}: ${errnoMessage(error)}` });
    }
  }
  return all;
}

/** Folders, by place, that hold a copy of the image. */
export async function copiesOf(client: LocalClient, found: Found, call: Call): Promise<ReadonlyMap<string, Folder>> {
  const there = await inPlaces(client, call, async (folder) => ({ folder, found: await lookUp(folder, found.id) }));
  return new Map([...there].flatMap(([name, each]) => (isCopy(found, each.found) ? [[name, each.folder]] : [])));
}

/** The image as it is now, with its places. Throws NOT_FOUND. */
export async function showImage(client: LocalClient, id: string, call: Call): Promise<ImageRecord> {
  const found = await find(client.home, id);
  return recordFrom(client.home, found, await copiesOf(client, found, call));
}

/** Brings the record of every copy of a changed image up to date. A place where that fails is reported: the image itself is as it should be. */
export async function refreshCopies(client: LocalClient, found: Found, call: Call): Promise<ImageRecord> {
  const copies = await copiesOf(client, found, call);
  for (const [name, folder] of copies) {
    try {
      await enterCopy(client.home, folder, found, call);
    } catch (error) {
      call.note({ kind: 'warning', message: `place ${name} keeps the former record of ${found.id}: ${errnoMessage(error)}` });
    }
  }
  return recordFrom(client.home, found, copies);
}

/**
 * Copies an image, disk first, into another folder. A disk that is there already is read, and written anew where it is damaged. Throws
 * CONFLICT if another image has its id there, INTEGRITY where the disk at home is damaged.
 */
export async function copyTo(home: Folder, folder: Folder, found: Found, call: Call): Promise<void> {
  await storedDisk(home, found);
  const drafts = await DraftFolder.open(folder);
  try {
    const missing: Descriptor[] = [];
    for (const blob of dataOf(found.manifest)) if (!(await isIntact(folder, blob, call.signal))) missing.push(blob);
    await drafts.fill(
      missing,
      ({ digest }) => digest.slice('sha256:'.length),
      (blob, file) => copyBlob(home, blob, file, call),
    );
    await drafts.sync();
    await enterCopy(home, folder, found, call, drafts);
  } finally {
    await drafts.close();
  }
}

/** Copies a blob of a folder to a file. Throws INTEGRITY where it is damaged. */
async function copyBlob(home: Folder, { digest, size }: Descriptor, file: string, { signal }: Call): Promise<void> {
  const from = blobPath(home, digest) ?? '';
  const { hex } = await writeNewFile(file, readBlob(from, 0, size - 1, signal), signal);
  if (digest !== `sha256:${hex}`) throw damagedBlob(from);
}

/** Enters manifest and record of an image in another folder, byte for byte, unless a later revision stands there. */
async function enterCopy(home: Folder, target: Folder, found: Found, call: Call, drafts?: DraftFolder): Promise<void> {
  const [manifest, record] = [await readDocument(home, found.entry), await readDocument(home, found.manifest.record)];
  // Gone means that somebody changed the image meanwhile, and will bring the copy up to date in turn.
  if (manifest === undefined || record === undefined) return;
  await target.locked(async (folder) => {
    const index = await readIndex(folder);
    const there = await lookUp(folder, found.id, index);
    if (there && !isCopy(found, there))
      throw conflictError(`a different image already has the id ${found.id} in ${folder.path}`, {
        hint: 'Remove it there, or copy this one under a new id.',
      });
    await drafts?.place(folder);
    if (there && there.record.revision >= found.record.revision) return;
    for (const { digest, size } of dataOf(found.manifest))
      if ((await blobSize(folder, digest)) !== size)
        throw conflictError(`the copy in ${folder.path} was removed by another client`, { hint: 'Try again.' });
    await enterIndex(folder, index, found.id, { manifest, record }, there);
  }, call.note);
}

/** Takes the copy of an image out of a folder, also one that is damaged; none is as good. What only has the same id stays. */
export async function removeCopy(folder: Folder, found: Found, call: Call): Promise<void> {
  const there = await lookUp(folder, found.id).catch((error: unknown) => ifDamaged(error) ?? ('damaged' as const));
  if (there === 'damaged' || isCopy(found, there)) await removeImage(folder, found.id, call, () => undefined);
}
