import { Worker } from 'node:worker_threads';

/** A thread that hashes pieces of shared memory, in the order they are told. */
export interface DigestWorker {
  hash(from: number, to: number): void;
  /** Waits until at most `pieces` of those told are not hashed yet. Throws when the thread has died. One wait at a time. */
  until(pieces: number): Promise<void>;
  /** Waits for all, and ends the thread: hex digests by algorithm. */
  digests(): Promise<Record<string, string>>;
  stop(): void;
}

/**
 * What the thread runs. It is text, so that the program stays one file however it is built. A piece is answered by `null`,
 * a message without a piece by the digests.
 */
const program = `
const { parentPort, workerData } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const hashes = workerData.algorithms.map((name) => ({ name, hash: createHash(name) }));
const memory = new Uint8Array(workerData.memory);
parentPort.on('message', (piece) => {
  if (piece === null) {
    parentPort.postMessage(Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')])));
    parentPort.close();
    return;
  }
  for (const { hash } of hashes) hash.update(memory.subarray(piece.from, piece.to));
  parentPort.postMessage(null);
});`;

/** It makes next to nothing: what V8 would give it room for is not used. */
const small = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 };

/** Starts a thread that hashes pieces of `memory` with each of `algorithms`. It keeps the process alive until it is ended or stopped. */
export function startDigestWorker(algorithms: readonly string[], memory: SharedArrayBuffer): DigestWorker {
  const worker = new Worker(program, { eval: true, resourceLimits: small, workerData: { algorithms, memory } });
  let pending = 0;
  let digests: Record<string, string> | undefined;
  let failure: unknown;
  let wake = () => {};
  worker.on('message', (answer: Record<string, string> | null) => {
    if (answer === null) pending -= 1;
    else digests = answer;
    wake();
  });
  const died = (why: unknown) => {
    failure ??= why;
    wake();
  };
  worker.on('error', died);
  worker.on('exit', () => died(new Error('a hashing thread ended too early')));

  async function when(done: () => boolean): Promise<void> {
    while (!done()) {
      if (failure !== undefined) throw failure;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    hash(from, to) {
      pending += 1;
      worker.postMessage({ from, to });
    },
    until: (pieces) => when(() => pending <= pieces),
    async digests() {
      worker.postMessage(null);
      await when(() => digests !== undefined);
      return digests ?? {};
    },
    stop: () => void worker.terminate(),
  };
}
