import { inflateUpTo } from './deflate.ts';
import { crc32Append } from './crc32.ts';
import { scanDeflate } from './deflate-scan.ts';

/** A raw deflate stream, perhaps with slack behind its end, and how many bytes it has to give. */
export interface Stream {
  readonly bytes: Uint8Array;
  readonly guest: number;
}

/** Streams in memory of their own, each with room behind it for what joining adds. `lengths` and `guests` are theirs, in turn. */
export interface Streams {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly lengths: readonly number[];
  readonly guests: readonly number[];
}

/** The bytes that streams stand for, their CRC-32, and raw deflate data for them that stands on byte borders and has no last block. */
export interface Joined {
  readonly guest: Uint8Array;
  readonly crc: number;
  readonly deflated: Uint8Array;
}

/** A last block with one stored byte: an inflate that gives this byte, and nothing behind it, has read everything before it. */
const sentinel = Uint8Array.of(1, 1, 0, 0xfe, 0xff, 0x5a);
/** What a stream grows by at most: an empty stored block (5 bytes). */
const joint = 5;
/** The skimmer peeks this far behind the end. */
const slack = 8;

/** Copies streams together: the memory can be handed to another thread. */
export function gatherStreams(streams: readonly Stream[]): Streams {
  const room = streams.reduce((sum, { bytes }) => sum + bytes.length + joint, sentinel.length + slack);
  const memory = new Uint8Array(new ArrayBuffer(room));
  let at = 0;
  for (const { bytes } of streams) {
    memory.set(bytes, at);
    at += bytes.length + joint;
  }
  return { memory, lengths: streams.map(({ bytes }) => bytes.length), guests: streams.map(({ guest }) => guest) };
}

/**
 * Joins streams in place without compressing anything again; one native inflate of exactly the bytes that are due proves the
 * result and gives them. Undefined where there is anything odd about a stream. Ruins `memory` in that case; throws nothing.
 */
export async function joinStreams(streams: Streams): Promise<Joined | undefined> {
  const joined = join(streams);
  if (joined === undefined) return undefined;
  const due = streams.guests.reduce((sum, guest) => sum + guest, 0);
  const all = await inflateUpTo(joined, due + 1).catch(() => undefined);
  if (all?.length !== due + 1 || all[due] !== sentinel.at(-1)) return undefined;
  const guest = all.subarray(0, due);
  return { guest, crc: crc32Append(0, guest), deflated: joined.subarray(0, joined.length - sentinel.length) };
}

/** The streams one behind the other, each without its last-block mark and filled up to a byte, then the sentinel. */
function join({ memory, lengths, guests }: Streams): Uint8Array | undefined {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  let from = 0;
  let at = 0;
  for (const [index, length] of lengths.entries()) {
    memory.copyWithin(at, from, from + length);
    from += length + joint;
    const skimmed = scanDeflate(view, at * 8, (at + length) * 8, guests[index] ?? 0);
    if (skimmed === undefined) return undefined;
    memory[skimmed.lastBlockBit >>> 3]! &= ~(1 << (skimmed.lastBlockBit & 7));
    at = align(memory, view, skimmed.endBit);
  }
  memory.set(sentinel, at);
  return memory.subarray(0, at + sentinel.length);
}

/** Puts an empty stored block at bit `end`, and returns the byte behind it: three bits 0 for its header, zeros up to a byte, 0000 FFFF. */
function align(memory: Uint8Array, view: DataView, end: number): number {
  const used = end & 7;
  if (used > 0) memory[end >>> 3]! &= (1 << used) - 1;
  let at = Math.ceil(end / 8);
  if (used === 0 || used > 5) memory[at++] = 0;
  view.setUint32(at, 0xffff0000, true);
  return at + 4;
}
