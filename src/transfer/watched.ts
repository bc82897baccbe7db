import { abortedError, ImgctlError, limitError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import { humanSize } from '../core/quantity.ts';

/** `total`: how many bytes there will be, where that is known; `limit`: how many may be sent. */
export interface Watch {
  readonly total?: number | undefined;
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
  progress(bytes: number, total: number | undefined): void;
}

/** Counts what passes. Throws LIMIT when it grows above the target's limit, ABORTED as soon as it is stopped. */
export async function* watched(bytes: Bytes, { total, limit, signal, progress }: Watch): Bytes {
  let passed = 0;
  try {
    for await (const chunk of bytes) {
      passed += chunk.length;
      if (limit !== undefined && passed > limit)
        throw limitError(`what is sent grows above the ${humanSize(limit)} (${limit} bytes) that are taken there`);
      signal.throwIfAborted();
      yield chunk;
      progress(chunk.length, total);
    }
  } catch (error) {
    // Whatever a stopped piece of work throws, the reason is that it was stopped.
    if (signal.aborted && !(error instanceof ImgctlError)) throw abortedError('stopped', { cause: error });
    throw error;
  }
}
