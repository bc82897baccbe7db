import type { Runs } from '../runs.ts';
import { readRun, type GuestObserver } from './guest-observer.ts';
import { inOrder } from './in-order.ts';

export interface ReadOptions {
  /** Runs being read or waiting, each at most 4 MiB of memory; default 6. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Sees the guest's bytes as they are written, without a second read. */
  readonly observer?: GuestObserver;
}

/**
 * The guest's bytes in order: bytes, or a number for so many zeros. Runs are read ahead of the consumer.
 * Throws what reading throws, and `signal.reason` when aborted.
 */
export async function* guestPieces(runs: Runs, options: ReadOptions = {}): AsyncGenerator<Uint8Array | number, void, undefined> {
  const { concurrency = 6, signal, observer } = options;
  for await (const piece of inOrder(reads(runs), concurrency, signal)) {
    await (typeof piece === 'number' ? observer?.zeros(piece) : observer?.data(piece));
    yield piece;
  }
}

async function* reads(runs: Runs): AsyncGenerator<() => Promise<Uint8Array | number>> {
  for await (const run of runs) yield () => (run.kind === 'zero' ? Promise.resolve(run.length) : readRun(run));
}
