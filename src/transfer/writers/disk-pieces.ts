import type { Run, Runs } from '../extents.ts';
import { readRun, type DiskObserver } from './disk-observer.ts';
import { orderedConcurrency } from './ordered-concurrency.ts';

export interface ReadOptions {
  /** Runs being read or waiting, each at most 4 MiB of memory; default 6. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Sees the guest's bytes as they are written, without a second read. */
  readonly observer?: DiskObserver;
}

/**
 * The guest's bytes in order: bytes, or a number for so many zeros. Runs are read ahead of the consumer.
 * A piece is the caller's until it asks for the next one. Throws what reading throws, and `signal.reason` when aborted.
 */
export async function* diskPieces(runs: Runs, options: ReadOptions = {}): AsyncGenerator<Uint8Array | number, void, undefined> {
  const { concurrency = 6, signal, observer } = options;
  for await (const { piece, run } of orderedConcurrency(reads(runs), concurrency, signal)) {
    await (typeof piece === 'number' ? observer?.zeros(piece) : observer?.data(piece));
    yield piece;
    // Whoever asks for the next piece is through with this one.
    if (run.kind === 'data') run.done?.();
  }
}

interface Piece {
  readonly run: Run;
  readonly piece: Uint8Array | number;
}

async function* reads(runs: Runs): AsyncGenerator<() => Promise<Piece>> {
  for await (const run of runs) yield async () => ({ run, piece: run.kind === 'zero' ? run.length : await readRun(run) });
}
