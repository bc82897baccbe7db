import path from 'node:path';
import type { Lock } from '../../core/driver.ts';
import { dropBlobs } from './blobs.ts';
import { readCatalogue } from './catalogue.ts';
import { clearDrafts } from './drafts.ts';
import { makeLayout, ownPath, type Folder, type LockedFolder } from './folder.ts';
import { readIndex } from './index-file.ts';
import { settled, unsettled } from './ledger.ts';
import { reachable } from './reachable.ts';

export function openFolder(folderPath: string, lock: Lock): Folder {
  const folder: Folder = {
    path: path.resolve(folderPath),
    async locked(work) {
      await makeLayout(folder);
      return lock(ownPath(folder, 'index'), async ({ folder: held }) => {
        const locked = { ...folder, held };
        await clearDrafts(folder);
        await settle(locked);
        const result = await work(locked);
        await settled(locked);
        return result;
      });
    },
  };
  return folder;
}

/** Gives back the space of blobs that a process which died here had put in, or was about to take out. */
async function settle(folder: LockedFolder): Promise<void> {
  const digests = await unsettled(folder);
  if (digests.length === 0) return;
  const index = await readIndex(folder);
  const quiet = { signal: new AbortController().signal, note: () => undefined };
  const { known } = await readCatalogue(folder, quiet, index);
  const needed = await reachable(folder, index, known);
  // Nobody knows what is needed: the blobs wait until they are a day old.
  if (needed)
    await dropBlobs(
      folder,
      digests.filter((digest) => !needed.has(digest)),
    );
  await settled(folder);
}
