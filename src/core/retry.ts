import { ImgctlError, networkError } from './errors.ts';
import type { Call } from './call.ts';
import { sleep } from './sleep.ts';

/** Longest wait that is done because a server asks for it. */
export const longestRetryAfterMs = 60_000;
/** Longest pause of our own choice. */
const longestBackoffMs = 20_000;

/** Exponential backoff with jitter: the pause before try number `tries` + 1. Spread, so that many clients do not come back at once. */
export function backoffMs(tries: number, status: number | undefined): number {
  const first = status === 429 ? 1000 : 300;
  return Math.min(longestBackoffMs, first * 2 ** (tries - 1) * (1 + Math.random() / 2));
}

/** When to try again after a pause that nobody sits through. */
export function retryLaterHint(waitMs: number): string {
  const seconds = Math.ceil(waitMs / 1000);
  return `Try again in ${seconds > 120 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} s`}.`;
}

/** Takes one retry from the budget, tells of it, and waits for it. */
export async function takeRetry(call: Call, reason: string, afterMs: number): Promise<void> {
  call.retries.left -= 1;
  call.note({ kind: 'retry', reason, afterMs: Math.round(afterMs) });
  await sleep(afterMs, call.signal);
}

/**
 * For whoever repeats a piece of work that failed: returns when it is time to try again, as late as the server has asked for,
 * else after a pause that grows. `tries`: how often it was tried. Throws the error where the budget is used up, where the
 * server asks for a longer pause than anybody sits through, or where the run is stopped.
 */
export async function beforeRetry(error: ImgctlError, tries: number, call: Call): Promise<void> {
  if (call.retries.left <= 0 || call.signal.aborted) throw error;
  const asked = error.circumstances.retryAfterMs;
  if (asked !== undefined && asked > longestRetryAfterMs)
    throw new ImgctlError(error.code, error.message, { ...error.circumstances, hint: retryLaterHint(asked) });
  await takeRetry(call, error.message, asked ?? backoffMs(tries, error.circumstances.status));
}

/** How often an upload is begun from its first byte, where the provider forgets it. */
const mostBeginnings = 3;

/**
 * Does an upload, and does it again from its first byte where the provider has forgotten it (`lost`), saying so, as far as its content
 * can be read again. `beginning` counts from 1. Throws what the upload throws, NETWORK where it is lost for good.
 */
export async function whileLost<T>(
  { repeatable }: { readonly repeatable: boolean },
  upload: (beginning: number) => Promise<T>,
  call: Call,
): Promise<T> {
  for (let beginning = 1; ; beginning += 1) {
    try {
      return await upload(beginning);
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.circumstances.lost !== true) throw error;
      if (!repeatable)
        throw networkError(error.message, { cause: error, hint: 'Use a file instead: the source can be read only once.' });
      if (beginning === mostBeginnings) throw networkError(error.message, { cause: error });
      call.note({ kind: 'warning', message: `${error.message}; starting again` });
    }
  }
}

/**
 * Whether a piece of work that failed may be done once more: the network's failure, the server's, or it was asked too often. Not where
 * something is left over, or may have been made all the same: that would be made twice.
 */
export function isPassing(error: unknown): error is ImgctlError {
  if (!(error instanceof ImgctlError)) return false;
  const { leftover, uncertain, lost, status = 0 } = error.circumstances;
  if (leftover !== undefined || uncertain === true || lost === true) return false;
  return error.code === 'NETWORK' || status === 429 || (error.code === 'PROVIDER' && status >= 500);
}
