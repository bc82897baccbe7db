import type { Bytes } from '../../core/http.ts';
import type { Runs } from '../extents.ts';
import { diskPieces, type ReadOptions } from './disk-pieces.ts';
import { Allocation, checkAgainst, clusterBytes, countsPerBlock, pairs, tableEntries, type Qcow2Plan } from './qcow2-plan.ts';

/** Set in an entry whose cluster is used once ("copied"): it may be written in place. */
const usedOnce = 0x80000000;

/**
 * The guest's disk as a qcow2 version 3 file, front to back, `plan.fileBytes` long. `runs` must be as they were for
 * `planQcow2`: throws INTEGRITY at the end when they are not. Zero runs take no room. Throws what reading throws.
 */
export async function* qcow2Bytes(
  plan: Qcow2Plan,
  runs: Runs,
  options: ReadOptions = {},
): Bytes & AsyncGenerator<Uint8Array, void, undefined> {
  yield header(plan);
  yield* pointers(plan.refcountTable, plan.refcountTableAt + plan.refcountTable, plan.refcountBlocks, 0);
  yield* refcountBlocks(plan);
  yield* l1Table(plan);
  yield* l2Tables(plan);
  yield* dataClusters(plan, runs, options);
}

/** QEMU's docs/interop/qcow2.txt, "Header"; all numbers big-endian. The zeros behind it end the header extensions. */
function header(plan: Qcow2Plan): Buffer {
  const cluster = Buffer.alloc(clusterBytes);
  cluster.write('QFI\xfb', 0, 'latin1');
  cluster.writeUInt32BE(3, 4);
  cluster.writeUInt32BE(Math.log2(clusterBytes), 20);
  cluster.writeBigUInt64BE(BigInt(plan.virtualBytes), 24);
  cluster.writeUInt32BE(plan.l1Entries, 36);
  writeOffset(cluster, 40, plan.l1At, 0);
  writeOffset(cluster, 48, plan.refcountTableAt, 0);
  cluster.writeUInt32BE(plan.refcountTable, 56);
  cluster.writeUInt32BE(4, 96); // refcounts of 2^4 bits
  cluster.writeUInt32BE(104, 100); // length of the header
  return cluster;
}

/** `flag` goes into the highest bits of the 8-byte offset of a cluster. */
function writeOffset(table: Buffer, at: number, cluster: number, flag: number): void {
  const offset = cluster * clusterBytes;
  table.writeUInt32BE((Math.floor(offset / 2 ** 32) | flag) >>> 0, at);
  table.writeUInt32BE(offset % 2 ** 32, at + 4);
}

/** A table of `clusters` clusters that points to `count` clusters in a row from `first` on. */
function* pointers(clusters: number, first: number, count: number, flag: number): Generator<Uint8Array> {
  for (let table = 0; table < clusters; table += 1) {
    const cluster = Buffer.alloc(clusterBytes);
    const from = table * tableEntries;
    for (let entry = from; entry < Math.min(count, from + tableEntries); entry += 1) {
      writeOffset(cluster, (entry - from) * 8, first + entry, flag);
    }
    yield cluster;
  }
}

/** Every cluster of the file is used once. */
function* refcountBlocks(plan: Qcow2Plan): Generator<Uint8Array> {
  const full = Buffer.alloc(clusterBytes, Uint8Array.of(0, 1));
  for (let block = 0; block < plan.refcountBlocks; block += 1) {
    const counts = Math.max(0, Math.min(plan.total - block * countsPerBlock, countsPerBlock));
    yield counts === countsPerBlock ? full : Buffer.concat([full.subarray(0, counts * 2)], clusterBytes);
  }
}

function* l1Table(plan: Qcow2Plan): Generator<Uint8Array> {
  const table = Buffer.alloc(plan.l1 * clusterBytes);
  let next = plan.l2At;
  let known = -1;
  for (const [from, to] of pairs(plan.extents)) {
    for (let entry = Math.floor(from / tableEntries); entry <= Math.floor((to - 1) / tableEntries); entry += 1) {
      if (entry === known) continue;
      known = entry;
      writeOffset(table, entry * 8, next, usedOnce);
      next += 1;
    }
  }
  yield table;
}

/** One table for each 512 MiB of the disk that have data; data clusters are numbered in guest order. */
function* l2Tables(plan: Qcow2Plan): Generator<Uint8Array> {
  const table = Buffer.alloc(clusterBytes);
  let next = plan.dataAt;
  let current = -1;
  for (const [from, to] of pairs(plan.extents)) {
    for (let cluster = from; cluster < to; cluster += 1) {
      const index = Math.floor(cluster / tableEntries);
      if (index !== current) {
        if (current >= 0) yield table;
        table.fill(0);
        current = index;
      }
      writeOffset(table, (cluster % tableEntries) * 8, next, usedOnce);
      next += 1;
    }
  }
  if (current >= 0) yield table;
}

/** Clusters with data, whole: what a run leaves of its first and last cluster is filled up from its neighbours, or with zeros. */
async function* dataClusters(plan: Qcow2Plan, runs: Runs, options: ReadOptions): AsyncGenerator<Uint8Array> {
  const seen = new Allocation();
  const cluster = Buffer.alloc(clusterBytes);
  let begun = false;
  for await (const piece of diskPieces(runs, options)) {
    if (typeof piece === 'number') {
      const left = clusterBytes - (seen.length % clusterBytes);
      seen.zeros(piece);
      if (begun && piece >= left) {
        begun = false;
        yield cluster;
      }
      continue;
    }
    const start = seen.length;
    seen.data(piece.length);
    for (let at = 0; at < piece.length;) {
      const within = (start + at) % clusterBytes;
      const whole = Math.floor((piece.length - at) / clusterBytes) * clusterBytes;
      if (within === 0 && whole > 0) {
        yield piece.subarray(at, at + whole);
        at += whole;
        continue;
      }
      const part = piece.subarray(at, at + clusterBytes - within);
      if (!begun) cluster.fill(0);
      begun = within + part.length < clusterBytes;
      cluster.set(part, within);
      if (!begun) yield cluster;
      at += part.length;
    }
  }
  if (begun) yield cluster;
  checkAgainst(plan, seen);
}
