import { parseJson } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { dataOf, imageManifestOf, mayBeImage, type Descriptor } from '../_oci/manifest.ts';
import { storedRecord } from '../_oci/record.ts';
import { readDocument } from './blobs.ts';
import type { Known } from './cache.ts';
import { readCatalogue, type Catalogue, type Found } from './images.ts';
import { imageNotFound } from './errors.ts';
import type { Folder } from './folder.ts';
import { nameOf, readIndex, writeIndex } from './index-file.ts';
import { recordPending } from './blob-journal.ts';
import { spendingReserve } from './reserve.ts';

/**
 * Takes an image out of a folder, whole or damaged, and its blobs that nothing else needs. `check` may refuse by throwing; a damaged
 * image, whose record cannot be read, is told to the call and not checked. Throws NOT_FOUND. Call without the lock.
 */
export async function removeImage(from: Folder, id: string, call: Call, check: (found: Found) => void): Promise<void> {
  const removed = (isFull: boolean): Promise<void> =>
    from.locked(async (folder) => {
      const index = await readIndex(folder);
      // The damage of others is none of this: it is told by a list.
      const catalogue = await readCatalogue(folder, { signal: call.signal, note: () => undefined }, index, !isFull);
      const found = catalogue.images.get(id);
      const gone = entriesOf(catalogue, id);
      if (gone.length === 0) throw imageNotFound(id, folder.path);
      if (found) check(found);
      else call.note({ kind: 'warning', message: damageOf(id, gone) });
      const leaving = [...gone, ...supersededIn(catalogue)];
      const blobs = await Promise.all(leaving.map((entry) => blobsOf(folder, entry, catalogue.known.get(entry.digest))));
      await recordPending(folder, blobs.flat());
      await writeIndex(folder, index, (entry) => (leaving.includes(entry) ? undefined : entry), {
        done: `image ${id} is removed`,
      });
    }, call.note);
  await spendingReserve(from, removed);
}

const damageOf = (id: string, gone: readonly Descriptor[]): string =>
  `image ${id} was damaged: ${gone.map(({ digest }) => digest).join(', ')} or its record is missing or corrupt; ` +
  'its entry is removed, its data stays under blobs/ if it is still there';

/**
 * The entries of an image. Unnamed ones are earlier revisions that another tool left: without their successor they would come
 * back. An image of another tool is none, whatever its name.
 */
const entriesOf = ({ index, known }: Catalogue, id: string): readonly Descriptor[] =>
  index.entries.filter((entry) => {
    if (!mayBeImage(entry)) return false;
    const documents = known.get(entry.digest);
    if (documents?.isOurs) return (nameOf(entry) ?? storedRecord(documents.record).id) === id;
    return documents === undefined && nameOf(entry) === id;
  });

/** The blobs that an image consists of, as far as that is known. */
async function blobsOf(folder: Folder, { digest, ...entry }: Descriptor, known: Known | undefined): Promise<readonly string[]> {
  const json =
    known?.manifest ??
    // Whose record is damaged still says where its disk is.
    parseJson((await readDocument(folder, { digest, ...entry }).catch(() => undefined)) ?? '');
  const manifest = json && imageManifestOf(json);
  return [digest, ...(manifest ? [manifest.record.digest] : []), ...dataOf(manifest ?? {}).map((blob) => blob.digest)];
}

/** Manifests of ours that stand unnamed, while an image of the same id stands named with a revision as high. */
function supersededIn({ index, images, known }: Catalogue): readonly Descriptor[] {
  return index.entries.filter((entry) => {
    const documents = nameOf(entry) === undefined && mayBeImage(entry) ? known.get(entry.digest) : undefined;
    if (!documents?.isOurs) return false;
    const { id, revision } = storedRecord(documents.record);
    const current = images.get(id);
    return current !== undefined && nameOf(current.entry) !== undefined && current.record.revision >= revision;
  });
}
