import { ImgctlError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import type { Call } from '../core/operation.ts';
import { beforeRetry } from '../core/retry.ts';
import { randomOver, type Source } from './source.ts';

/**
 * The same source, which goes on where a broken connection has left off, if it can be read from the middle on. Each time takes
 * one of the call's retries.
 */
export function resumingSource(source: Source, call: Call): Source {
  const open: Source['open'] = (from = 0, to) => goingOn(source, from, to, call);
  const { random, near } = source;
  return { ...source, open, ...(random && !near ? { random: randomOver(random.size, open) } : {}) };
}

const isRedirect = (status = 0): boolean => status >= 300 && status < 400;

async function* goingOn(source: Source, from: number, to: number | undefined, call: Call): Bytes {
  let at = from;
  let fruitless = 0;
  for (;;) {
    try {
      for await (const chunk of source.open(at, to)) {
        at += chunk.length;
        fruitless = 0;
        yield chunk;
      }
      return;
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code !== 'NETWORK') throw error;
      if (at > from && source.continues === false) throw error;
      // A redirect that may not be followed: the next answer is the same.
      if (isRedirect(error.circumstances.status)) throw error;
      fruitless += 1;
      await beforeRetry(error, fruitless, call);
    }
  }
}
