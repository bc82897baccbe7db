import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { startDigestWorker, type DigestWorker } from './digest-worker.ts';

/** Hex digests by algorithm. */
export type Hexes = Record<string, string>;

/** Digests of bytes given piece by piece. Calls must not overlap. */
export interface Digester {
  /** Takes in `bytes`, which are the caller's again when the promise resolves. Throws when a worker dies. */
  update(bytes: Uint8Array): Promise<void>;
  /** Ends it. */
  digests(): Promise<Hexes>;
  /** Lets go of everything; harmless at any time. */
  stop(): void;
}

/** Seconds for a gigabyte on one core, about; what an algorithm that is not here takes. */
const costs: Readonly<Record<string, number>> = { sha1: 0.6, sha256: 0.7, md5: 1.6, sha512: 1.6 };
const otherCost = 1.2;
/** What the main thread does for a gigabyte besides hashing. */
const mainCost = 0.7;
const mostWorkers = 3;

/** Digests in the main thread. */
function inlineDigester(algorithms: readonly string[]): Digester {
  const hashes = algorithms.map((name) => ({ name, hash: createHash(name) }));
  return {
    async update(bytes) {
      for (const { hash } of hashes) hash.update(bytes);
    },
    digests: async () => Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')])),
    stop() {},
  };
}

/** Algorithms divided so that main thread (first) and workers are done at about the same time; at most `most` workers. */
export function divide(algorithms: readonly string[], most: number): { main: string[]; workers: string[][] } {
  const cost = (name: string) => costs[name] ?? otherCost;
  const bins = Array.from({ length: most + 1 }, (_, bin) => ({ load: bin === 0 ? mainCost : 0, names: [] as string[] }));
  for (const name of [...new Set(algorithms)].sort((a, b) => cost(b) - cost(a))) {
    const lightest = bins.reduce((best, bin) => (bin.load < best.load ? bin : best));
    lightest.load += cost(name);
    lightest.names.push(name);
  }
  const [main, ...others] = bins.map((bin) => bin.names);
  return { main: main ?? [], workers: others.filter((names) => names.length > 0) };
}

/** Digests on as many cores as help. An algorithm that node:crypto does not know is thrown here, or by `update` or `digests`. */
export function parallelDigester(algorithms: readonly string[]): Digester {
  const { main, workers } = divide(algorithms, Math.min(mostWorkers, availableParallelism() - 1));
  const parts = [inlineDigester(main), ...(workers.length > 0 ? [ringDigester(workers)] : [])];
  return {
    async update(bytes) {
      // The ring first: its workers hash while the main thread does.
      for (const part of parts.toReversed()) await part.update(bytes);
    },
    digests: async () => Object.assign({}, ...(await Promise.all(parts.map((part) => part.digests())))),
    stop: () => parts.forEach((part) => part.stop()),
  };
}

const slotBytes = 512 << 10;
const slots = 4;

/**
 * Hands bytes to worker threads, one for each group of algorithms, through a ring of shared memory. A worker takes some
 * 30 ms to start: that is put off until the ring is full, so that what is short never pays for it.
 */
function ringDigester(groups: readonly (readonly string[])[]): Digester {
  const ring = new SharedArrayBuffer(slotBytes * slots);
  const memory = new Uint8Array(ring);
  const full: { from: number; to: number }[] = [];
  let workers: DigestWorker[] = [];
  let slot = 0;
  let filled = 0;

  /** Passes on the slot begun, and waits until the next one around the ring is free. */
  async function advance(): Promise<void> {
    full.push({ from: slot * slotBytes, to: slot * slotBytes + filled });
    slot = (slot + 1) % slots;
    filled = 0;
    if (full.length < slots && workers.length === 0) return;
    if (workers.length === 0) workers = groups.map((names) => startDigestWorker(names, ring));
    for (const part of full.splice(0)) for (const worker of workers) worker.hash(part.from, part.to);
    await Promise.all(workers.map((worker) => worker.until(slots - 1)));
  }

  return {
    async update(bytes) {
      for (let at = 0; at < bytes.length;) {
        const part = bytes.subarray(at, at + slotBytes - filled);
        memory.set(part, slot * slotBytes + filled);
        filled += part.length;
        at += part.length;
        if (filled === slotBytes) await advance();
      }
    },
    async digests() {
      if (filled > 0) await advance();
      if (workers.length > 0) return Object.assign({}, ...(await Promise.all(workers.map((worker) => worker.digests()))));
      const inline = inlineDigester(groups.flat());
      for (const { from, to } of full) await inline.update(memory.subarray(from, to));
      return inline.digests();
    },
    stop: () => workers.forEach((worker) => worker.stop()),
  };
}
