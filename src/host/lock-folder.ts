import { randomUUID } from 'node:crypto';
import { constants, renameSync, rmdirSync, rmSync } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Held } from '../core/driver.ts';
import { localError } from '../core/errors.ts';
import { codeOf } from './system-error.ts';

/*
 * LOCK/HOLDER/alive: a lock is a folder with one folder in it, that of its holder, which nobody else's is ever called. It is
 * made beside (LOCK.HOLDER) and comes into being by a rename, which an occupied lock refuses. Whoever takes over a lock moves
 * the holder's folder away, with all that lies in it: a rename out of it or into it then fails, so who has lost a lock cannot
 * publish anything any more. No times are compared: not every file system keeps them, and clocks differ.
 */

const aliveName = 'alive';
/** What `randomUUID` gives: nothing else is ever moved away or removed. */
const holderName = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const refusals = new Set(['EEXIST', 'ENOTEMPTY', 'EPERM', 'EACCES', 'EBUSY', 'ENOENT']);

const unless = async <T>(codes: readonly string[], work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: unknown) => {
    if (codes.includes(codeOf(error) ?? '')) return undefined;
    throw error;
  });

/** Waits for nothing, as a FIFO would have it. */
const reading = { encoding: 'utf8', flag: constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) } as const;

/** Who holds a lock (one, unless somebody put something there), and a sign that changes as long as they live. */
export interface LockHolder {
  readonly holders: readonly string[];
  readonly sign: string;
}

/** Absent where nobody holds the lock. Throws LOCAL for what is no lock: a link, a file, or what holds something else. */
export async function readLock(lock: string): Promise<LockHolder | undefined> {
  const found = await unless(['ENOENT'], lstat(lock));
  if (!found) return undefined;
  const inside = found.isDirectory() ? ((await unless(['ENOENT'], readdir(lock, { withFileTypes: true }))) ?? []) : undefined;
  if (!inside?.every((entry) => entry.isDirectory() && holderName.test(entry.name)))
    throw localError(`${lock} is not a lock`, { hint: 'Move it out of the way, then try again.' });
  if (inside.length === 0) return undefined;
  const holders = inside.map(({ name }) => name);
  const signs = holders.map(async (holder) => {
    const sign = await unless(['ENOENT', 'ENOTDIR'], readFile(path.join(lock, holder, aliveName), reading));
    return `${holder} ${sign ?? ''}`;
  });
  return { holders, sign: (await Promise.all(signs)).join('\n') };
}

/** Takes a lock that nobody holds; absent if another one was faster. */
export async function acquireLock(lock: string): Promise<Held | undefined> {
  const holder = randomUUID();
  const prepared = `${lock}.${holder}`;
  // Not every platform renames over a folder, not even over an empty one.
  await unless(['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES', 'EBUSY'], rmdir(lock));
  await mkdir(prepared);
  try {
    await mkdir(path.join(prepared, holder));
    await writeFile(path.join(prepared, holder, aliveName), signOf(0));
    await rename(prepared, lock);
  } catch (error) {
    await rm(prepared, { recursive: true, force: true });
    if (refusals.has(codeOf(error) ?? '')) return undefined;
    throw error;
  }
  await clear(lock).catch(() => undefined);
  return { folder: path.join(lock, holder) };
}

/** Of one length, so that it needs no room on a full disk. */
const signOf = (beat: number): string => String(beat).padStart(12, '0');

/** Removes what killed processes left beside the lock. A living one whose folder that was makes it anew. Call while holding it. */
async function clear(lock: string): Promise<void> {
  const parent = path.dirname(lock);
  const start = `${path.basename(lock)}.`;
  const left = (await readdir(parent)).filter((name) => name.startsWith(start) && holderName.test(name.slice(start.length)));
  for (const name of left) await remove(path.join(parent, name));
}

/** What cannot be removed now is only in nobody's way, and the next one tries again. */
const remove = (file: string): Promise<void> => rm(file, { recursive: true, force: true }).catch(() => undefined);

/**
 * Shows signs of life until the function that comes back is called, or the lock is lost. A process that ends meanwhile, as on
 * a second Ctrl-C, gives the lock back.
 */
export function heartbeat(lock: string, { folder }: Held, beatMs: number): () => void {
  let beats = 0;
  const timer = setInterval(() => {
    beats += 1;
    // Without a sign of life the lock may be taken over, which its holder notices when it publishes.
    void beat(path.join(folder, aliveName), signOf(beats)).catch(() => undefined);
  }, beatMs);
  timer.unref();
  const end = (): void => giveBackNow(lock, folder);
  process.once('exit', end);
  return () => {
    clearInterval(timer);
    process.off('exit', end);
  };
}

function giveBackNow(lock: string, folder: string): void {
  try {
    const away = `${lock}.${randomUUID()}`;
    renameSync(folder, away);
    rmSync(away, { recursive: true, force: true });
    rmdirSync(lock);
  } catch {
    // Others wait until it counts as left behind.
  }
}

async function beat(file: string, sign: string): Promise<void> {
  // It must not come into being again: the folder may be another's.
  const handle = await open(file, 'r+');
  await handle.write(sign, 0).finally(() => handle.close());
}

/** Whether the lock has not been taken over. */
export const isHeld = async ({ folder }: Held): Promise<boolean> => (await unless(['ENOENT'], stat(folder))) !== undefined;

/** Takes the lock away from holders who are taken for dead, and from nobody else. Anybody may take it then. */
export async function breakLock(lock: string, { holders }: LockHolder): Promise<void> {
  for (const holder of holders) await moveAway(lock, path.join(lock, holder));
}

/** Ends holding the lock. That it was taken over is no failure here. */
export const releaseLock = (lock: string, { folder }: Held): Promise<void> => moveAway(lock, folder);

async function moveAway(lock: string, folder: string): Promise<void> {
  const away = `${lock}.${randomUUID()}`;
  await unless(['ENOENT'], rename(folder, away));
  // Somebody may hold it by now.
  await unless(['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES', 'EBUSY'], rmdir(lock));
  await remove(away);
}
