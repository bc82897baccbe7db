import path from 'node:path';
import type { Lock } from '../../core/driver.ts';
import { removeStaleFiles } from './temporary-file.ts';
import { errnoMessage } from '../../core/errno.ts';
import { hasOwn, makeLayout, ownPath, type Folder } from './folder.ts';
import { makeIndex, readIndex } from './index-file.ts';
import { pendingBlobs } from './blob-journal.ts';
import { keepReserve } from './reserve.ts';
import { collectGarbage } from './garbage-collection.ts';

export function openFolder(folderPath: string, lock: Lock): Folder {
  const folder: Folder = {
    path: path.resolve(folderPath),
    async locked(work, note) {
      // What is somebody else's is refused before the first file of ours is put beside it.
      if (!(await hasOwn(folder))) await readIndex(folder);
      await makeLayout(folder);
      return lock(ownPath(folder, 'index'), async ({ folder: held }) => {
        const locked = { ...folder, held };
        await removeStaleFiles(folder);
        await makeIndex(locked);
        const later = (error: unknown): void =>
          note({ kind: 'warning', message: `${folder.path}: space could not be freed yet: ${errnoMessage(error)}` });
        const waiting = await collectGarbage(locked).catch(async (error: unknown) => {
          later(error);
          return pendingBlobs(locked);
        });
        const result = await work(locked);
        // The change is made: what could not be tidied up is left to the next one.
        await collectGarbage(locked, waiting).catch(later);
        keepReserve(folder);
        return result;
      });
    },
  };
  return folder;
}
