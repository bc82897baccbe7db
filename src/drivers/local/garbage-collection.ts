import { blobSize, dropBlobs } from './blobs.ts';
import { openCache } from './cache.ts';
import type { LockedFolder } from './folder.ts';
import { readIndex } from './index-file.ts';
import { setPending, pendingBlobs } from './blob-journal.ts';
import { reachable } from './reachability.ts';

/**
 * Gives back the space of blobs that were written down and that nothing leads to. Returns those of which that cannot be told
 * now: they stay written down. What a change has just taken out of an image waits only for images of ours that cannot be read;
 * what a process left that died here (`waiting` absent) for everything.
 */
export async function collectGarbage(folder: LockedFolder, waiting?: readonly string[]): Promise<readonly string[]> {
  const written = await pendingBlobs(folder);
  if (written.length === 0) return [];
  const there: string[] = [];
  for (const digest of written) if ((await blobSize(folder, digest)) !== undefined) there.push(digest);
  const { needed, doubt } =
    there.length === 0
      ? { needed: new Set<string>(), doubt: 'none' }
      : await reachable(folder, await readIndex(folder), new Set(there), () => openCache(folder));
  const isSure = (digest: string): boolean =>
    doubt === 'none' || (doubt === 'foreign' && waiting !== undefined && !waiting.includes(digest));
  const unneeded = there.filter((digest) => !needed.has(digest));
  await dropBlobs(folder, unneeded.filter(isSure));
  const left = unneeded.filter((digest) => !isSure(digest));
  if (left.length !== written.length) await setPending(folder, left);
  return left;
}
