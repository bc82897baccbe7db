import { integrityError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import type { BlockMemory } from './block-memory.ts';

/** A piece of a disk in a buffer of the memory it was cut into: whoever is through with it gives that back. */
export interface CutBlock {
  readonly index: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly buffer: Buffer;
}

/**
 * The bytes in pieces as long as the buffers, the last one shorter; none of no bytes. Waits for a free buffer. `expected`: how many
 * bytes there are, where that is known; throws INTEGRITY at the first block with one too many, or at the end if some are missing.
 */
export async function* cutBlocks(
  bytes: Bytes,
  memory: BlockMemory,
  expected: number | undefined,
): AsyncGenerator<CutBlock, void, undefined> {
  let index = 0;
  let offset = 0;
  let filled = 0;
  let buffer: Buffer | undefined;
  const cut = (into: Buffer): CutBlock => ({ index, offset, bytes: into.subarray(0, filled), buffer: into });
  for await (const chunk of bytes)
    for (let at = 0; at < chunk.length;) {
      buffer ??= await memory.take();
      const taken = chunk.subarray(at, at + buffer.length - filled);
      buffer.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      checkSoFar(offset + filled, expected);
      if (filled < buffer.length) continue;
      const block = cut(buffer);
      [buffer, index, offset, filled] = [undefined, index + 1, offset + filled, 0];
      yield block;
    }
  checkAll(offset + filled, expected);
  if (buffer) yield cut(buffer);
}

function checkSoFar(come: number, expected = Infinity): void {
  if (come > expected) throw integrityError(`got more than the expected ${expected} bytes`);
}

function checkAll(come: number, expected = come): void {
  if (come < expected) throw integrityError(`got ${come} bytes, expected ${expected}`);
}
