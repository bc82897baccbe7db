import type { RandomSource } from '../extents.ts';
import { findingError } from './findings.ts';

/** The same bytes with the methods of Buffer; nothing is copied. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/**
 * A 64-bit field as a number, without BigInt. Above 2^53 it is not exact, but still so large that every comparison with
 * the size of a file fails as it must.
 */
export const u64be = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
export const u64le = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);

/**
 * Exactly `length` bytes. INTEGRITY (`truncated`) where the file ends before, BeyondPrefix where only less is known. `what` names them in
 * messages. They are read into `memory`, of that length, where it is given and the source can do that.
 */
export async function readFully(
  source: RandomSource,
  offset: number,
  length: number,
  what: string,
  memory?: Uint8Array,
): Promise<Buffer> {
  if (!(offset + length <= source.size)) throw findingError('truncated', `the file ends before the end of ${what}`);
  const bytes = await (memory && source.readInto ? source.readInto(memory, offset) : source.read(offset, length));
  if (bytes.length !== length && source.size === Infinity) throw new BeyondPrefix(`${what} lies behind what is known`);
  if (bytes.length !== length) throw findingError('truncated', `the file ended while reading ${what}`);
  return bufferOf(bytes);
}

/** Part of a source as a source of its own. */
export function sectionOf(source: RandomSource, offset: number, size: number): RandomSource {
  return { size, read: (at, length) => source.read(offset + at, Math.max(0, Math.min(length, size - at))) };
}

/** Bytes in memory as a source. */
export function sourceOfBytes(bytes: Uint8Array): RandomSource {
  return { size: bytes.length, read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)) };
}

/** Thrown when more is wanted of a source than the beginning that is known. It says nothing about the file. */
export class BeyondPrefix extends Error {}

/** The beginning of something longer, whose size is not known: `size` is Infinity, reads give what there is. */
export function sourceOfPrefix(bytes: Uint8Array): RandomSource {
  return { ...sourceOfBytes(bytes), size: Infinity };
}

/** Something of which only both ends are known, and how long it is. Throws BeyondPrefix for what lies between them. */
export function sourceOfEnds(head: Uint8Array, tail: Uint8Array, size: number): RandomSource {
  const tailAt = size - tail.length;
  return {
    size,
    async read(offset, length) {
      const end = Math.min(offset + length, size);
      if (end <= head.length) return head.subarray(offset, end);
      if (offset >= tailAt) return tail.subarray(offset - tailAt, end - tailAt);
      if (tailAt > head.length) throw new BeyondPrefix(`bytes from ${offset} to ${end} have passed by`);
      return Buffer.concat([head.subarray(0, tailAt), tail]).subarray(offset, end);
    },
  };
}

/** What sniffers look at: the first 70 KiB and the last 1536 bytes, or less where there is less. `tail` is empty where the end is not known. */
export interface Edges {
  readonly size: number;
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** Enough of a beginning for everything that is recognised by it. */
export const headBytes = 70 << 10;
const tailBytes = 1536;

export async function readEdges(source: RandomSource): Promise<Edges> {
  const { size } = source;
  if (size === Infinity) return { size, head: bufferOf(await source.read(0, headBytes)), tail: Buffer.alloc(0) };
  const length = Math.min(tailBytes, size);
  const [head, tail] = await Promise.all([
    readFully(source, 0, Math.min(headBytes, size), 'the beginning'),
    readFully(source, size - length, length, 'the end'),
  ]);
  return { size, head, tail };
}

/** Whether `text` (one byte a character) stands at `at`; counted from the end where negative. */
export function hasText(bytes: Buffer, at: number, text: string): boolean {
  const from = at < 0 ? bytes.length + at : at;
  return from >= 0 && from + text.length <= bytes.length && bytes.toString('latin1', from, from + text.length) === text;
}
