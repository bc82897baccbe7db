import type { Run } from '../runs.ts';
import { deflateUnit, inflateUpTo } from './deflate.ts';
import { readRun } from './guest-observer.ts';
import { skim } from './skim.ts';

type DeflateRun = Extract<Run, { kind: 'deflate' }>;

/** The guest's bytes of a unit, and raw deflate data for them that stands on byte borders and has no last block. */
export interface Deflated {
  readonly guest: Uint8Array;
  readonly deflated: Uint8Array;
}

/** A last block with one stored byte: an inflate that gives this byte, and nothing behind it, has read everything before it. */
const sentinel = Uint8Array.of(1, 1, 0, 0xfe, 0xff, 0x5a);
/** What a run grows by at most: an empty stored block (5 bytes). */
const joint = 5;
/** The skimmer peeks this far behind the end. */
const slack = 8;

/**
 * The deflate data of `runs`, joined without compressing it again; one native inflate of exactly `length` bytes proves it
 * and gives the guest's bytes. Whatever is odd about the data: the runs are read and deflated at `level` instead.
 * Throws only what reading throws.
 */
export async function reuse(runs: readonly DeflateRun[], length: number, level: number): Promise<Deflated> {
  const streams = await Promise.all(runs.map((run) => run.deflated()));
  const joined = join(runs, streams);
  if (joined !== undefined) {
    const guest = await inflateUpTo(joined, length + 1).catch(() => undefined);
    if (guest?.length === length + 1 && guest[length] === sentinel.at(-1)) {
      return { guest: guest.subarray(0, length), deflated: joined.subarray(0, joined.length - sentinel.length) };
    }
  }
  const guest = Buffer.concat(await Promise.all(runs.map(readRun)));
  return { guest, deflated: await deflateUnit(guest, level) };
}

/** The streams one behind the other, each without its last-block mark and filled up to a byte, then the sentinel. */
function join(runs: readonly DeflateRun[], streams: readonly Uint8Array[]): Uint8Array | undefined {
  const room = streams.reduce((sum, stream) => sum + stream.length + joint, sentinel.length + slack);
  const joined = Buffer.allocUnsafe(room);
  const view = new DataView(joined.buffer, joined.byteOffset, room);
  let at = 0;
  for (const [index, stream] of streams.entries()) {
    joined.set(stream, at);
    const skimmed = skim(view, at * 8, (at + stream.length) * 8, runs[index]?.length ?? 0);
    if (skimmed === undefined) return undefined;
    joined[skimmed.lastBlockBit >>> 3]! &= ~(1 << (skimmed.lastBlockBit & 7));
    at = align(joined, skimmed.endBit);
  }
  joined.set(sentinel, at);
  return joined.subarray(0, at + sentinel.length);
}

/** Puts an empty stored block at bit `end`, and returns the byte behind it: three bits 0 for its header, zeros up to a byte, 0000 FFFF. */
function align(joined: Buffer, end: number): number {
  const used = end & 7;
  if (used > 0) joined[end >>> 3]! &= (1 << used) - 1;
  let at = Math.ceil(end / 8);
  if (used === 0 || used > 5) joined[at++] = 0;
  joined.writeUInt32LE(0xffff0000, at);
  return at + 4;
}
