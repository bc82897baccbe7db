import { stat, writeFile } from 'node:fs/promises';
import type { Call } from '../../core/operation.ts';
import { recordOf } from '../_oci/record.ts';
import { readCatalogue, type Catalogue } from './catalogue.ts';
import { removeOld } from './drafts.ts';
import { ifThere, onDisk } from './failure.ts';
import { blobsPath, discard, ownPath, type Folder } from './folder.ts';
import { nameOf, readIndex, writeIndex } from './index-file.ts';
import { reachable } from './reachable.ts';

const hourMs = 3_600_000;
/** Age at which an unneeded file counts as forgotten: other tools write blobs long before the index names them. */
const graceMs = 24 * hourMs;

/**
 * Removes what other tools left and nothing leads to: blobs, and entries that were superseded. Looks at most once an hour.
 * Never touches what is younger than a day. What our own dead processes left goes with the next change.
 */
export async function sweep(swept: Folder, call: Call): Promise<void> {
  const stamp = ownPath(swept, 'swept');
  const last = await ifThere(`looking at ${stamp}`, stat(stamp));
  if (last && Date.now() - last.mtimeMs < hourMs) return;
  await swept.locked(async (folder) => {
    await onDisk(`writing ${stamp}`, writeFile(stamp, ''));
    const index = await readIndex(folder);
    const catalogue = await readCatalogue(folder, call, index);
    const superseded = supersededBy(catalogue);
    const after =
      superseded.size === 0
        ? index
        : await writeIndex(folder, index, (entry) =>
            nameOf(entry) === undefined && superseded.has(entry.digest) ? undefined : entry,
          );
    const needed = await reachable(folder, after, catalogue.known);
    if (needed)
      await removeOld(
        blobsPath(folder),
        graceMs,
        (name) => /^[0-9a-f]{64}$/.test(name) && !needed.has(`sha256:${name}`),
        (file) => discard(folder, file),
      );
    // Files that skopeo writes blobs to before they get their name, left by one that was killed.
    await removeOld(folder.path, graceMs, (name) => name.startsWith('oci-put-blob'));
  });
}

/** Manifests of ours that stand unnamed, while an image of the same id stands named with a revision as high. */
function supersededBy({ index, images, known }: Catalogue): ReadonlySet<string> {
  const unnamed = index.entries.filter((entry) => nameOf(entry) === undefined);
  const old = unnamed.filter(({ digest }) => {
    const documents = known.get(digest);
    if (!documents?.isOurs) return false;
    const { id, revision } = recordOf(documents.record);
    const current = images.get(id);
    return current !== undefined && nameOf(current.entry) !== undefined && current.record.revision >= revision;
  });
  return new Set(old.map(({ digest }) => digest));
}
