import { appendFile, readFile } from 'node:fs/promises';
import { ifThere, onDisk } from './failure.ts';
import { discard, ownPath, type Folder, type LockedFolder } from './folder.ts';

/*
 * Blobs come before the index names them, and go after it has ceased to. A process that dies in between would leave them
 * behind: so their digests are written down beforehand, and whoever takes the lock next looks whether they are needed.
 */

const ledgerPath = (folder: Folder): string => ownPath(folder, 'unsettled');

/** Writes down blobs that are about to come or to go. */
export async function unsettle(folder: LockedFolder, digests: readonly string[]): Promise<void> {
  const file = ledgerPath(folder);
  await onDisk(`writing ${file}`, appendFile(file, digests.map((digest) => `${digest}\n`).join('')));
}

/** What a process that died has left unsettled. Call under the lock. */
export async function unsettled(folder: Folder): Promise<readonly string[]> {
  const file = ledgerPath(folder);
  const text = (await ifThere(`reading ${file}`, readFile(file, 'utf8'))) ?? '';
  return text.split('\n').filter((line) => line !== '');
}

/** All of it is settled. */
export const settled = (folder: LockedFolder): Promise<void> => discard(folder, ledgerPath(folder));
