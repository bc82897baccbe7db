import { abortedError, ImgctlError, limitError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import { humanSize } from '../core/quantity.ts';
import { collector } from '../host/garbage-collection.ts';

/** `total`: how many bytes there will be, where that is known; `limit`: how many may be sent. */
export interface BackpressureOptions {
  readonly total?: number | undefined;
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
  progress(bytes: number, total: number | undefined): void;
}

/** A piece that has gone within this many ms is followed by one twice as large; after four times as long, by one half as large. */
const quickMs = 250;
const smallest = 64 << 10;

/**
 * Counts what passes, in pieces that go within a second or so: on a slow line a chunk would show nothing for minutes. Throws LIMIT when it grows
 * above the target's limit, ABORTED as soon as it is stopped.
 */
export async function* withBackpressure(bytes: Bytes, { total, limit, signal, progress }: BackpressureOptions): Bytes {
  let passed = 0;
  let size = smallest;
  const collect = collector('minor');
  try {
    for await (const chunk of bytes) {
      passed += chunk.length;
      collect(chunk.length);
      if (limit !== undefined && passed > limit)
        throw limitError(`what is sent grows above the ${humanSize(limit)} (${limit} bytes) that are taken there`);
      for (let at = 0; at < chunk.length;) {
        signal.throwIfAborted();
        const piece = chunk.subarray(at, at + size);
        at += piece.length;
        const since = performance.now();
        yield piece;
        progress(piece.length, total);
        const ms = performance.now() - since;
        if (ms < quickMs) size = Math.max(size, Math.min(size * 2, chunk.length));
        else if (ms > quickMs * 4) size = Math.max(smallest, size / 2);
      }
    }
  } catch (error) {
    // Whatever a stopped piece of work throws, the reason is that it was stopped.
    if (signal.aborted && !(error instanceof ImgctlError)) throw abortedError('interrupted', { cause: error });
    throw error;
  }
}
