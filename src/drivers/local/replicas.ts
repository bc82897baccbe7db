import { rm } from 'node:fs/promises';
import { conflictError, integrityError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import { manifestType, recordType } from '../_oci/media-types.ts';
import { imageOf } from '../_oci/record.ts';
import {
  blobPath,
  blobSize,
  holdsBlob,
  placeDraft,
  putDocument,
  readBlob,
  readDocument,
  writeDraft,
  type Draft,
} from './blobs.ts';
import { find, lookUp, type Found } from './catalogue.ts';
import { enter, removeImage } from './change.ts';
import { homePlace, type LocalClient } from './client.ts';
import { goOn } from './failure.ts';
import type { Folder } from './folder.ts';
import { readIndex } from './index-file.ts';

/** Whether what stands in a place is a copy of this image, and not one that only has the same id. */
export const isCopy = (found: Found, there: Found | undefined): boolean =>
  there !== undefined && there.manifest.disk !== undefined && there.manifest.disk.digest === found.manifest.disk?.digest;

/** The image as it is shown. `elsewhere` are the places besides home that hold a copy. */
export function shown(found: Found, elsewhere: readonly string[]): ImageRecord {
  const record = found.json;
  const raw = {
    ref: found.id,
    digest: found.entry.digest,
    get manifest() {
      return found.manifestJson;
    },
    record,
  };
  return imageOf(found.id, record, [homePlace, ...elsewhere], raw);
}

/** What `read` finds in each place. A place that cannot be read is reported, and counts as one that holds nothing. */
export async function inPlaces<T>(
  client: LocalClient,
  call: Call,
  read: (folder: Folder) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  const all = new Map<string, T>();
  for (const [name, folder] of client.places) {
    goOn(call.signal);
    try {
      all.set(name, await read(folder));
    } catch (error) {
      call.note({ kind: 'warning', message: `place ${name}: ${error instanceof Error ? error.message : String(error)}` });
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
  return shown(found, [...(await copiesOf(client, found, call)).keys()]);
}

/** Brings the record of every copy up to date. A place where that fails is reported: the image itself is as it should be. */
export async function refreshCopies(client: LocalClient, id: string, call: Call): Promise<ImageRecord> {
  const found = await find(client.home, id);
  const copies = await copiesOf(client, found, call);
  for (const [name, folder] of copies) {
    try {
      await enterCopy(client.home, folder, found);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      call.note({ kind: 'warning', message: `place ${name} keeps the former record of ${id}: ${reason}` });
    }
  }
  return shown(found, [...copies.keys()]);
}

/** Copies an image, disk first, into another folder. Throws CONFLICT if another image has its id there. */
export async function copyTo(home: Folder, folder: Folder, found: Found, call: Call): Promise<void> {
  const { disk } = found.manifest;
  const file = disk && blobPath(home, disk.digest);
  if (!disk || file === undefined) throw conflictError(`image ${found.id} has no data yet; there is nothing to copy`);
  const has = (await blobSize(folder, disk.digest)) === disk.size;
  const draft = has ? undefined : await writeDraft(folder, readBlob(file, 0, disk.size - 1, call.signal), call.signal);
  try {
    if (draft && draft.digest !== disk.digest)
      throw integrityError(`${file} is damaged: its bytes are not those that its name stands for`);
    await enterCopy(home, folder, found, draft);
  } finally {
    if (draft) await rm(draft.file, { force: true });
  }
}

/** Enters manifest and record of an image in another folder, byte for byte, unless a later revision stands there. */
async function enterCopy(home: Folder, target: Folder, found: Found, draft?: Draft): Promise<void> {
  const { record, disk } = found.manifest;
  const [manifestText, recordText] = [await readDocument(home, found.entry), await readDocument(home, record)];
  // Gone means that somebody changed the image meanwhile, and will bring the copy up to date in turn.
  if (manifestText === undefined || recordText === undefined) return;
  await target.locked(async (folder) => {
    const index = await readIndex(folder);
    const there = await lookUp(folder, found.id, index);
    if (there && !isCopy(found, there)) throw conflictError(`another image has the id ${found.id} in ${folder.path}`);
    if (there && there.record.revision >= found.record.revision) return;
    if (draft) await placeDraft(folder, draft);
    if (disk && !(await holdsBlob(folder, disk.digest, disk.size)))
      throw conflictError(`the copy in ${folder.path} was removed meanwhile`);
    await putDocument(folder, recordType, recordText);
    await enter(folder, index, found.id, await putDocument(folder, manifestType, manifestText), there);
  });
}

/** Takes the copy of an image out of a folder; none is as good. */
export async function removeCopy(folder: Folder, found: Found, call: Call): Promise<void> {
  if (isCopy(found, await lookUp(folder, found.id))) await removeImage(folder, found.id, call, () => undefined);
}
