import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { errnoCode } from '../../core/errno.ts';
import { removeStaleFiles } from './temporary-file.ts';
import { indexPath, ownPath, type Folder } from './folder.ts';

/*
 * Whoever takes an image away has to write before anything can go: a lock, a line in the ledger, the next index. On a full disk there
 * is no room for that. So some files lie in the store that are of no other use, and go when room is missing to free room.
 */

/** As many as a removal makes files and folders, for these may be what a disk has no more of. */
const names: readonly string[] = Array.from({ length: 8 }, (_, number) => `${number}`);
const leastBytes = 16 * 1024;
const reservePath = (folder: Folder): string => ownPath(folder, 'reserve');

/** The length of each file: together they hold the next index, and a little more. */
const bytesDue = (folder: Folder): number =>
  Math.max(leastBytes, Math.ceil((lstatSync(indexPath(folder)).size * 1.25) / names.length));

/** Absent where it is not there, or a link: that is somebody else's. */
function filesIn(at: string): readonly string[] | undefined {
  const isOurs = lstatSync(at, { throwIfNoEntry: false })?.isDirectory();
  return isOurs ? names.map((name) => path.join(at, name)) : undefined;
}

/** Makes the reserve, or makes it longer, where there is room for it. Call under the lock. Throws nothing. */
export function keepReserve(folder: Folder): void {
  const at = reservePath(folder);
  try {
    const due = bytesDue(folder);
    const last = filesIn(at)?.at(-1);
    if (last !== undefined && (lstatSync(last, { throwIfNoEntry: false })?.size ?? 0) >= due) return;
    if (last === undefined) mkdirSync(at);
    for (const file of filesIn(at) ?? []) {
      rmSync(file, { force: true });
      // Zeros take no room on some file systems.
      writeFileSync(file, randomBytes(due), { flag: 'wx' });
    }
  } catch {
    // A disk that is full already, or a folder that we may only read.
  }
}

/** Gives up the reserve, what is kept only to be quicker, and what killed processes left. Throws nothing. */
async function spendReserve(folder: Folder): Promise<void> {
  for (const file of [...(filesIn(reservePath(folder)) ?? []), ownPath(folder, 'records.tsv')])
    await rm(file, { force: true }).catch(() => undefined);
  await removeStaleFiles(folder).catch(() => undefined);
}

/** Whether something failed because the disk is full, or what a user may have of it. */
function isFull(error: unknown): boolean {
  if (['ENOSPC', 'EDQUOT'].includes(errnoCode(error) ?? '')) return true;
  return error instanceof Error && error.cause !== undefined && isFull(error.cause);
}

/** Runs what frees room; once more, with the reserve, where the disk is full. Throws what `work` throws. */
export async function spendingReserve<T>(folder: Folder, work: (isFull: boolean) => Promise<T>): Promise<T> {
  try {
    return await work(false);
  } catch (error) {
    if (!isFull(error)) throw error;
    await spendReserve(folder);
    return work(true);
  }
}
