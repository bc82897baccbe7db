import { discard, ownPath, writeDurably, type Folder, type LockedFolder } from './folder.ts';
import { appendSafely, readSafely } from './safe-file.ts';

/*
 * Blobs come before the index names them, and go after it has ceased to. So their digests are written down beforehand: at the
 * end of the change, or when the next one begins because this one died, those that nothing leads to are removed. Nothing else
 * is ever removed: an OCI image layout may hold blobs that no reference leads to, and they are for others to judge.
 */

const ledgerPath = (folder: Folder): string => ownPath(folder, 'unsettled');

/** Writes down blobs that are about to come or to go. */
export async function recordPending(folder: LockedFolder, digests: readonly string[]): Promise<void> {
  // The line before may be half of one, where the disk was full.
  if (digests.length > 0) await appendSafely(ledgerPath(folder), `\n${digests.map((digest) => `${digest}\n`).join('')}`);
}

/** What was written down and is not settled yet. */
export async function pendingBlobs(folder: Folder): Promise<readonly string[]> {
  const text = (await readSafely(ledgerPath(folder)))?.toString() ?? '';
  return [...new Set(text.split('\n').filter((line) => line !== ''))];
}

/** What is still to be settled, from now on. */
export async function setPending(folder: LockedFolder, digests: readonly string[]): Promise<void> {
  const file = ledgerPath(folder);
  if (digests.length === 0) await discard(folder, file);
  else await writeDurably(folder, file, digests.map((digest) => `${digest}\n`).join(''));
}
