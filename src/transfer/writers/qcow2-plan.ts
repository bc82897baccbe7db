import { integrityError } from '../../core/errors.ts';
import type { Runs } from '../extents.ts';

/** 64 KiB: what every tool takes and the usual default. */
export const clusterBytes = 1 << 16;
/** Entries of 8 bytes in one cluster: of a table of the first and second level, and of the refcount table. */
export const tableEntries = clusterBytes / 8;
/** Reference counts of 16 bits in one cluster. */
export const countsPerBlock = clusterBytes / 2;

/** Where everything in the file is, known before any data is read. Numbers of clusters, unless they end in Bytes. */
export interface Qcow2Plan {
  /** The disk's size, rounded up to a sector (512). */
  readonly virtualBytes: number;
  readonly fileBytes: number;
  /** Guest clusters that have data, as from, to (excluded), from, to … in order. */
  readonly extents: readonly number[];
  readonly refcountTableAt: number;
  readonly refcountTable: number;
  readonly refcountBlocks: number;
  readonly l1At: number;
  readonly l1: number;
  readonly l1Entries: number;
  readonly l2At: number;
  readonly l2: number;
  readonly dataAt: number;
  readonly total: number;
}

/** Keeps account of which clusters have data while runs pass by. */
export class Allocation {
  readonly extents: number[] = [];
  length = 0;

  zeros(length: number): void {
    this.length += length;
  }

  data(length: number): void {
    if (length === 0) return;
    const from = Math.floor(this.length / clusterBytes);
    this.length += length;
    const to = Math.ceil(this.length / clusterBytes);
    const last = this.extents.at(-1);
    if (last !== undefined && from <= last) this.extents[this.extents.length - 1] = to;
    else this.extents.push(from, to);
  }
}

/** Lays out a qcow2 file for `runs`, of which only kinds and lengths are looked at; the file's exact length is known then. */
export async function planQcow2(runs: Runs): Promise<Qcow2Plan> {
  const allocation = new Allocation();
  for await (const run of runs) {
    allocation[run.kind === 'zero' ? 'zeros' : 'data'](run.length);
    if (run.kind === 'data') run.done?.();
  }
  return planOf(allocation);
}

function planOf({ extents, length }: Allocation): Qcow2Plan {
  const guest = Math.ceil(length / clusterBytes);
  const l1Entries = Math.max(1, Math.ceil(guest / tableEntries));
  const l1 = Math.ceil(l1Entries / tableEntries);
  let l2 = 0;
  let data = 0;
  let counted = -1;
  for (const [from, to] of pairs(extents)) {
    data += to - from;
    const first = Math.max(counted + 1, Math.floor(from / tableEntries));
    counted = Math.floor((to - 1) / tableEntries);
    l2 += counted - first + 1;
  }
  const { refcountTable, refcountBlocks } = refcounts(1 + l1 + l2 + data);
  const l1At = 1 + refcountTable + refcountBlocks;
  const dataAt = l1At + l1 + l2;
  const total = dataAt + data;
  return {
    virtualBytes: Math.ceil(length / 512) * 512,
    fileBytes: total * clusterBytes,
    extents,
    refcountTableAt: 1,
    refcountTable,
    refcountBlocks,
    l1At,
    l1,
    l1Entries,
    l2At: l1At + l1,
    l2,
    dataAt,
    total,
  };
}

/** Clusters for the reference counts of `others` clusters and of their own. */
function refcounts(others: number): { refcountTable: number; refcountBlocks: number } {
  let refcountTable = 1;
  let refcountBlocks = 1;
  for (;;) {
    const blocks = Math.ceil((others + refcountTable + refcountBlocks) / countsPerBlock);
    const table = Math.ceil(blocks / tableEntries);
    if (blocks <= refcountBlocks && table <= refcountTable) return { refcountTable, refcountBlocks };
    refcountBlocks = Math.max(blocks, refcountBlocks);
    refcountTable = Math.max(table, refcountTable);
  }
}

/** The extents as [from, to). */
export function* pairs(extents: readonly number[]): Generator<readonly [number, number]> {
  for (let at = 0; at < extents.length; at += 2) yield [extents[at] ?? 0, extents[at + 1] ?? 0];
}

/** Throws INTEGRITY when the data that came is not where the plan has it. */
export function checkAgainst(plan: Qcow2Plan, seen: Allocation): void {
  const same = seen.extents.length === plan.extents.length && seen.extents.every((cluster, at) => cluster === plan.extents[at]);
  if (same && Math.ceil(seen.length / 512) * 512 === plan.virtualBytes) return;
  throw integrityError(
    'the image changed while it was read: its data is no longer where it was when the qcow2 file was laid out',
    {
      hint: 'Try again once nothing writes to the image.',
    },
  );
}
