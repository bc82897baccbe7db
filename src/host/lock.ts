import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Held, Lock } from '../core/driver.ts';
import { conflictError, ImgctlError, localError } from '../core/errors.ts';
import { reasonOf } from './system-error.ts';
import { breakLock, releaseLock, isHeld, heartbeat, readLock, acquireLock } from './lock-folder.ts';

/** How a lock bides its time, in ms. */
export interface LockTimes {
  /** How long other processes are waited for. */
  readonly patienceMs: number;
  /** How long a holder may show no sign of life until it counts as dead. */
  readonly silenceMs: number;
  /** Between signs of life. */
  readonly beatMs: number;
}

const usual: LockTimes = { patienceMs: 30_000, silenceMs: 5000, beatMs: 1000 };
/** Between looks at a lock that is held: the first, and the most. */
const firstLookMs = 15;
const longestLookMs = 300;

/**
 * Tells for how long a sign has not changed, on the clock of who looks: those of two machines need not agree. Of a pause
 * between two looks no more than usual counts: whoever stood still himself has seen nothing.
 */
function silence(): (sign: string) => number {
  let [last, since, at] = ['', 0, performance.now()];
  return (sign) => {
    const now = performance.now();
    since = sign === last ? since + Math.min(now - at, 2 * longestLookMs) : 0;
    [last, at] = [sign, now];
    return since;
  };
}

async function takePatiently(lock: string, path: string, { patienceMs, silenceMs }: LockTimes): Promise<Held> {
  const until = performance.now() + patienceMs;
  const silentFor = silence();
  for (let pauseMs = firstLookMs; ; pauseMs = Math.min(longestLookMs, pauseMs * 1.5)) {
    try {
      const holding = await readLock(lock);
      const held = holding ? undefined : await acquireLock(lock);
      if (held) return held;
      if (holding && silentFor(holding.sign) >= silenceMs) {
        await breakLock(lock, holding);
        continue;
      }
    } catch (error) {
      if (error instanceof ImgctlError) throw error;
      throw localError(`cannot lock ${path}: ${reasonOf(error)}`, { cause: error });
    }
    if (performance.now() > until)
      throw conflictError(`${path} is locked by another process (${lock})`, {
        hint: 'Wait for the other imgctl to end, then try again.',
      });
    await sleep(pauseMs * (0.5 + Math.random()));
  }
}

const lostError = (path: string, cause: unknown): ImgctlError =>
  conflictError(`lost the lock on ${path}: this process was suspended, and another one took over`, {
    hint: 'Try again: this change was not made.',
    cause,
  });

/** A failure that is none of the work's own reasons: the draft went with the lock. */
const isOfDisk = (error: unknown): boolean => !(error instanceof ImgctlError) || error.code === 'LOCAL';

async function workLocked<T>(path: string, times: LockTimes, warn: Warn, work: (held: Held) => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const held = await takePatiently(lock, path, times);
  const stop = heartbeat(lock, held, times.beatMs);
  try {
    return await work(held);
  } catch (error) {
    if (isOfDisk(error) && !(await isHeld(held))) throw lostError(path, error);
    throw error;
  } finally {
    stop();
    // What the work did is done, whether or not others have to wait for the lock until it counts as left behind.
    await releaseLock(lock, held).catch((error: unknown) => {
      warn(`could not release the lock ${lock}: ${reasonOf(error)}`);
    });
  }
}

type Warn = (message: string) => void;

/**
 * A lock between processes, also of several machines on one file system (a folder `PATH.lock` beside the path), and in line
 * among the callers of this one. Rejects with CONFLICT when others did not give it back in time, or when another process
 * took it over because this one stood still: then what `work` was about to publish out of `Held.folder` was not published.
 * Rejects with LOCAL when no lock can be made there. `warn` is told of a lock that could not be released.
 */
export function createLock({ warn = () => undefined, ...times }: Partial<LockTimes> & { readonly warn?: Warn } = {}): Lock {
  const lines = new Map<string, Promise<unknown>>();
  return async (given, work) => {
    const path = resolve(given);
    const before = lines.get(path) ?? Promise.resolve();
    const mine = before.then(() => workLocked(path, { ...usual, ...times }, warn, work));
    const settled = mine.catch(() => undefined);
    lines.set(path, settled);
    try {
      return await mine;
    } finally {
      if (lines.get(path) === settled) lines.delete(path);
    }
  };
}
