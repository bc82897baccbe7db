import { ImgctlError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { awsCode, isForNow } from './errors.ts';

/** A snapshot that was just begun, or just completed, is not known everywhere; single blocks are refused while others are taken. */
const unknownMs = 120_000;
/** How long an account that is asked too much of is given. */
const throttledMs = 60_000;

/** How long a failure is waited out; absent: it is one. */
function patienceFor(error: unknown): number | undefined {
  if (isForNow(error)) return throttledMs;
  return awsCode(error) === 'ResourceNotFoundException' && /SNAPSHOT_NOT_FOUND/.test(String(error)) ? unknownMs : undefined;
}

/**
 * Does something as often as it takes while AWS does not know the snapshot yet, or is asked too often; neither counts as one of the
 * retries. Throws what it fails with, the last of these too once time is up. `what` has to come: `snapshot snap-1 to be known`.
 */
export async function patiently<T>(what: string, ask: () => Promise<T>, call: Call): Promise<T> {
  let last: unknown;
  const look = async (): Promise<{ readonly done: T } | undefined> => {
    try {
      return { done: await ask() };
    } catch (error) {
      if (patienceFor(error) === undefined) throw error;
      last = error;
      return undefined;
    }
  };
  const first = await look();
  if (first) return first.done;
  try {
    return (await call.until(what, look, patienceFor(last))).done;
  } catch (error) {
    throw error instanceof ImgctlError && error.code === 'WAIT_TIMEOUT' ? last : error;
  }
}
