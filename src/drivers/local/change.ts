import type { Call } from '../../core/operation.ts';
import { indexEntry, manifestText, type Descriptor, type Json } from '../_oci/manifest.ts';
import { emptyBlob, emptyType, manifestType, recordType } from '../_oci/media-types.ts';
import { nextRecord } from '../_oci/next-record.ts';
import { recordOf } from '../_oci/record.ts';
import { dropBlobs, putDocument } from './blobs.ts';
import { find, readCatalogue, type Found } from './catalogue.ts';
import type { Folder, LockedFolder } from './folder.ts';
import { nameOf, readIndex, withoutName, writeIndex, type Index } from './index-file.ts';
import { unsettle } from './ledger.ts';
import { reachable } from './reachable.ts';

/**
 * Lets the index name a manifest for the image `id`, in the place of `before` if there was one. Record, manifest and
 * disk must be there already; those of before go once the index no longer names them. So whoever is killed at any
 * point leaves the one or the other whole. Call with an index that was read under the same lock.
 */
export async function enter(folder: LockedFolder, index: Index, id: string, manifest: Descriptor, before?: Found): Promise<void> {
  const plain = indexEntry(id, manifest.digest, manifest.size);
  const entry = { ...before?.entry, ...plain, annotations: { ...before?.entry.annotations, ...plain.annotations } };
  let entered = false;
  const edit = (each: Descriptor): Descriptor => {
    const isBefore = before?.entry.digest === each.digest && nameOf(before.entry) === nameOf(each);
    if (isBefore && !entered) {
      entered = true;
      return entry;
    }
    // A second entry of this name would be what other tools read: the first one counts for them.
    return nameOf(each) === id ? withoutName(each) : each;
  };
  const keepsPlace = before !== undefined && index.entries.some((each) => each.digest === before.entry.digest);
  const former = before ? [before.entry.digest, before.manifest.record.digest] : [];
  if (before) await unsettle(folder, former);
  const after = await writeIndex(folder, index, edit, keepsPlace ? [] : [entry]);
  if (before && !after.entries.some(({ digest }) => digest === before.entry.digest)) await dropBlobs(folder, former);
}

/** Writes an image's record and manifest, and enters it. Returns its record. */
export async function put(folder: LockedFolder, index: Index, json: Json, disk?: Descriptor, before?: Found): Promise<Json> {
  const { id, name, createdAt } = recordOf(json);
  const empty = disk ?? (await putDocument(folder, emptyType, emptyBlob));
  const record = await putDocument(folder, recordType, JSON.stringify(json));
  const text = manifestText({ record, empty, name, createdAt, ...(disk ? { disk } : {}) });
  await enter(folder, index, id, await putDocument(folder, manifestType, text), before);
  return json;
}

/** Changes the record of an image: `change` gives the fields that differ, or undefined if none do. Throws NOT_FOUND. */
export async function changeRecord(home: Folder, id: string, change: (found: Found) => Json | undefined): Promise<void> {
  await home.locked(async (folder) => {
    const index = await readIndex(folder);
    const before = await find(folder, id, index);
    const fields = change(before);
    if (!fields) return;
    await put(folder, index, nextRecord(before.json, id, fields, new Date().toISOString()), before.manifest.disk, before);
  });
}

/**
 * Takes an image out of a folder, and its blobs that nothing else needs. `check` may refuse by throwing. Throws
 * NOT_FOUND. Call without the lock.
 */
export async function removeImage(from: Folder, id: string, call: Call, check: (found: Found) => void): Promise<void> {
  await from.locked(async (folder) => {
    const index = await readIndex(folder);
    const { images, known } = await readCatalogue(folder, call, index);
    const found = images.get(id) ?? (await find(folder, id, index));
    check(found);
    // Unnamed entries are earlier revisions that another tool left: without their successor they would come back.
    const isOfImage = (entry: Descriptor): boolean =>
      (nameOf(entry) ?? recordOf(known.get(entry.digest)?.record ?? {}).id) === id;
    const gone = index.entries.filter(isOfImage);
    const { record, disk } = found.manifest;
    const blobs = [...gone.map(({ digest }) => digest), record.digest, ...(disk ? [disk.digest] : [])];
    await unsettle(folder, blobs);
    const after = await writeIndex(folder, index, (entry) => (isOfImage(entry) ? undefined : entry));
    const needed = await reachable(folder, after, known);
    if (!needed) return;
    await dropBlobs(
      folder,
      blobs.filter((digest) => !needed.has(digest)),
    );
  });
}
