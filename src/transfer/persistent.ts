import { setTimeout as pause } from 'node:timers/promises';
import { abortedError, ImgctlError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import type { Call } from '../core/operation.ts';
import type { Source } from './source.ts';

/** Milliseconds before the first new try; twice as long before each further one. */
const firstPauseMs = 500;

/**
 * The same source, which goes on where a broken connection has left off. Each time takes one of the call's retries. Only for
 * what can be read from the middle on.
 */
export function persistentSource(source: Source, call: Call): Source {
  return { ...source, open: (from = 0, to) => goingOn(source, from, to, call) };
}

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
      if (!(error instanceof ImgctlError) || error.code !== 'NETWORK' || call.retries.left <= 0 || call.signal.aborted)
        throw error;
      call.retries.left -= 1;
      const afterMs = firstPauseMs * 2 ** fruitless;
      fruitless += 1;
      call.note({ kind: 'retry', reason: error.message, afterMs });
      await pause(afterMs, undefined, { signal: call.signal }).catch(() => Promise.reject(abortedError('stopped')));
    }
  }
}
