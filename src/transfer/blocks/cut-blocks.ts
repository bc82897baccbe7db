import { integrityError } from '../../core/errors.ts';
import { zeroPieces } from '../writers/zeros.ts';
import type { BlockMemory } from './block-memory.ts';

/** A piece of a disk in a buffer of the memory it was cut into: whoever is through with it gives that back. */
export interface CutBlock {
  readonly index: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly buffer: Buffer;
}

/** How a disk is cut. `memory` has buffers of `blockBytes`. */
export interface Cutting {
  readonly memory: BlockMemory;
  readonly blockBytes: number;
  /** How many bytes there are, where that is known. */
  readonly expected: number | undefined;
  /** Whole blocks of zeros that come as a number are passed over. */
  readonly sparse: boolean;
}

/**
 * The bytes in pieces as long as the buffers, the last one shorter; none of no bytes. A number among them is so many zeros. Waits for
 * a free buffer. Throws INTEGRITY at the first block with a byte more than is expected, or at the end if some are missing.
 */
export async function* cutBlocks(
  pieces: AsyncIterable<Uint8Array | number>,
  { memory, blockBytes, expected, sparse }: Cutting,
): AsyncGenerator<CutBlock, void, undefined> {
  let offset = 0;
  let filled = 0;
  let buffer: Buffer | undefined;
  const cut = (into: Buffer): CutBlock => ({
    index: offset / blockBytes,
    offset,
    bytes: into.subarray(0, filled),
    buffer: into,
  });
  for await (const piece of pieces)
    for (const chunk of typeof piece === 'number' ? zeroChunks(piece, sparse ? blockBytes : Infinity, filled) : [piece]) {
      if (typeof chunk === 'number') {
        offset += chunk;
        checkSoFar(offset, expected);
        continue;
      }
      for (let at = 0; at < chunk.length;) {
        buffer ??= await memory.take();
        const taken = chunk.subarray(at, at + buffer.length - filled);
        buffer.set(taken, filled);
        filled += taken.length;
        at += taken.length;
        checkSoFar(offset + filled, expected);
        if (filled < buffer.length) continue;
        const block = cut(buffer);
        [buffer, offset, filled] = [undefined, offset + filled, 0];
        yield block;
      }
    }
  checkAll(offset + filled, expected);
  if (buffer) yield cut(buffer);
}

/** Zeros up to the end of the block that is `filled` so far, whole blocks of them as a number, and what begins the next one. */
function* zeroChunks(zeros: number, blockBytes: number, filled: number): Generator<Uint8Array | number> {
  const first = filled === 0 ? 0 : Math.min(zeros, blockBytes - filled);
  const last = (zeros - first) % blockBytes;
  yield* zeroPieces(first);
  if (zeros - first - last > 0) yield zeros - first - last;
  yield* zeroPieces(last);
}

function checkSoFar(come: number, expected = Infinity): void {
  if (come > expected) throw integrityError(`got more than the expected ${expected} bytes`);
}

function checkAll(come: number, expected = come): void {
  if (come < expected) throw integrityError(`got ${come} bytes, expected ${expected}`);
}
