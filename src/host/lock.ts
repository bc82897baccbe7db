import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lock } from '../core/driver.ts';
import { conflictError, localError } from '../core/errors.ts';
import { codeOf, lockFiles } from './lock-files.ts';

/** Milliseconds after its last sign of life that a lock counts as left behind by a process that died. */
const staleMs = 5000;
/** Milliseconds between signs of life. */
const updateMs = 1000;
/** Milliseconds between looks at a lock that is held: the first, and the most. */
const firstLookMs = 15;
const longestLookMs = 300;

type Release = () => Promise<void>;

/** Takes the lock or rejects with ELOCKED. What it returns gives it back, and rejects if the lock was lost meanwhile. */
async function take(path: string, onLost: () => void): Promise<Release> {
  const { lock } = await import('proper-lockfile');
  const files = lockFiles(staleMs);
  const release = await lock(path, {
    fs: files.fs,
    realpath: false,
    stale: staleMs,
    update: updateMs,
    retries: 0,
    onCompromised: onLost,
  });
  files.taken();
  return release;
}

async function takePatiently(path: string, patienceMs: number, onLost: () => void): Promise<Release> {
  const until = Date.now() + patienceMs;
  for (let look = firstLookMs; ; look = Math.min(longestLookMs, look * 1.5)) {
    try {
      return await take(path, onLost);
    } catch (error) {
      if (codeOf(error) !== 'ELOCKED')
        throw localError(`cannot lock ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      if (Date.now() > until)
        throw conflictError(`${path} has been locked by another process for ${patienceMs / 1000} s (${path}.lock)`, {
          hint: 'wait for the other imgctl to end, then try again',
        });
    }
    await sleep(look * (0.5 + Math.random()));
  }
}

const lostError = (path: string): Error =>
  conflictError(`the lock on ${path} was lost while working: this process stood still, and another one took it`, {
    hint: 'look at what is there now, then try again',
  });

/** `work` under the lock. Its result counts only if the lock was ours to the end. */
async function workLocked<T>(path: string, patienceMs: number, work: () => Promise<T>): Promise<T> {
  let lose: () => void = () => undefined;
  const lost = new Promise<never>((_resolve, reject) => {
    lose = () => reject(lostError(path));
  });
  lost.catch(() => undefined);
  const release = await takePatiently(path, patienceMs, lose);
  let result: T;
  try {
    result = await Promise.race([work(), lost]);
  } catch (error) {
    await release().catch(() => undefined);
    throw error;
  }
  await release().catch((error: unknown) => {
    const code = codeOf(error);
    if (code === 'ERELEASED' || code === 'ECOMPROMISED') throw lostError(path);
    throw localError(`cannot give back the lock on ${path}`, { cause: error });
  });
  return result;
}

/**
 * A lock between processes (a folder `PATH.lock` beside the path), and in line among the callers of this one.
 * `patienceMs` is how long other processes are waited for. Rejects with CONFLICT when that was not long enough, or
 * when another process took the lock from us because this one stood still for more than 5 s: then `work` has run,
 * or runs on, and its result is not used. Rejects with LOCAL when no lock can be made there.
 */
export function createLock({ patienceMs = 30_000 }: { readonly patienceMs?: number } = {}): Lock {
  const lines = new Map<string, Promise<unknown>>();
  return async (given, work) => {
    const path = resolve(given);
    const before = lines.get(path) ?? Promise.resolve();
    const mine = before.then(() => workLocked(path, patienceMs, work));
    const settled = mine.catch(() => undefined);
    lines.set(path, settled);
    try {
      return await mine;
    } finally {
      if (lines.get(path) === settled) lines.delete(path);
    }
  };
}
