import type { JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { imageData, indexEntry, manifestText, type Descriptor, type ImageData } from '../_oci/manifest.ts';
import { emptyBlob, emptyType, manifestType, recordType } from '../_oci/media-types.ts';
import { nextRecord } from '../_oci/record-revision.ts';
import { storedRecord } from '../_oci/record.ts';
import { putDocument } from './blobs.ts';
import { Known } from './cache.ts';
import { find, Found } from './images.ts';
import type { Folder, LockedFolder } from './folder.ts';
import { nameOf, readIndex, withoutName, writeIndex, type Index } from './index-file.ts';
import { recordPending } from './blob-journal.ts';

/** Manifest and record of an image, as texts. */
interface Documents {
  readonly manifest: string;
  readonly record: string;
}

/**
 * Lets the index name these documents for the image `id`, in the place of `before` if there was one. The disk must be there
 * already; what was there before goes once the index no longer names it. So whoever is killed at any point leaves the one or the
 * other whole. Call with an index that was read under the same lock. Returns the image as it is now.
 */
export async function enterIndex(
  folder: LockedFolder,
  index: Index,
  id: string,
  { manifest, record }: Documents,
  before?: Found,
): Promise<Found> {
  await putDocument(folder, recordType, record);
  const { digest, size } = await putDocument(folder, manifestType, manifest);
  const { artifactType } = JSON.parse(manifest) as { readonly artifactType?: string };
  const plain = indexEntry(id, digest, size, artifactType);
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
  if (before) await recordPending(folder, [before.entry.digest, before.manifest.record.digest]);
  await writeIndex(folder, index, edit, { added: keepsPlace ? [] : [entry], done: `image ${id} is stored` });
  return new Found(entry, Known.of(digest, manifest, JSON.parse(record) as JsonObject));
}

/** Writes an image's record and manifest, and enters it. Returns the image as it is now. */
export async function writeImage(
  folder: LockedFolder,
  index: Index,
  json: JsonObject,
  data: ImageData,
  before?: Found,
): Promise<Found> {
  const { id, name, createdAt } = storedRecord(json);
  const empty = data.disk ?? (await putDocument(folder, emptyType, emptyBlob));
  const text = JSON.stringify(json);
  const record = await putDocument(folder, recordType, text);
  const manifest = manifestText({ record, empty, name, createdAt, ...data });
  return enterIndex(folder, index, id, { manifest, record: text }, before);
}

/**
 * Changes the record of an image: `change` gives the fields that differ, or undefined if none do. Throws NOT_FOUND. Returns the
 * image as it is now.
 */
export function changeRecord(
  home: Folder,
  id: string,
  change: (found: Found) => JsonObject | undefined,
  call: Call,
): Promise<Found> {
  return home.locked(async (folder) => {
    const index = await readIndex(folder);
    const before = await find(folder, id, index);
    const fields = change(before);
    if (!fields) return before;
    return writeImage(
      folder,
      index,
      nextRecord(before.json, id, fields, new Date().toISOString()),
      imageData(before.manifest),
      before,
    );
  }, call.note);
}
