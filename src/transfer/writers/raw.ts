import type { Bytes } from '../../core/http.ts';
import type { Runs } from '../extents.ts';
import { diskPieces, type ReadOptions } from './disk-pieces.ts';
import { isZero, zeroMiB, zeroPieces } from './zeros.ts';

/** The guest's disk byte for byte. Zeros are views of one buffer. Throws what reading throws. */
export async function* rawBytes(runs: Runs, options: ReadOptions = {}): Bytes & AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of diskPieces(runs, options)) {
    if (typeof piece === 'number') yield* zeroPieces(piece);
    else yield piece;
  }
}

/** The part of a `FileHandle` that a sparse file is written with. */
export interface SparseFile {
  write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesWritten: number }>;
  truncate(size: number): Promise<void>;
}

/** Zeros within data become holes in pieces of this size, which is what most file systems can leave out without a cost. */
const holeBytes = 64 << 10;

/**
 * Writes the guest's disk into `file`, which must be new or empty, and leaves holes where there are zeros. Returns the
 * disk's size in bytes, which is the file's afterwards. Throws what reading and writing throw.
 */
export async function writeRawSparse(runs: Runs, file: SparseFile, options: ReadOptions = {}): Promise<number> {
  let at = 0;
  for await (const piece of diskPieces(runs, options)) {
    if (typeof piece === 'number') {
      at += piece;
      continue;
    }
    await writeSparse(file, piece, at);
    at += piece.length;
  }
  await file.truncate(at);
  return at;
}

/** Writes `bytes` at `position`, and leaves out blocks of nothing but zeros. Whoever is done cuts the file to its length. */
export async function writeSparse(file: SparseFile, bytes: Uint8Array, position: number): Promise<void> {
  if (bytes.buffer === zeroMiB.buffer) return;
  for (const [from, to] of dataSpans(bytes)) await writeAll(file, bytes, from, to, position + from);
}

/** The parts of `bytes` that are not zero, as [from, to), neighbours joined. */
function* dataSpans(bytes: Uint8Array): Generator<readonly [number, number]> {
  let begin = -1;
  for (let at = 0; at < bytes.length; at += holeBytes) {
    if (!isZero(bytes.subarray(at, at + holeBytes))) {
      if (begin < 0) begin = at;
    } else if (begin >= 0) {
      yield [begin, at];
      begin = -1;
    }
  }
  if (begin >= 0) yield [begin, bytes.length];
}

/** One write may take less than it is given. */
async function writeAll(file: SparseFile, bytes: Uint8Array, from: number, to: number, position: number): Promise<void> {
  for (let done = from; done < to;) {
    const { bytesWritten } = await file.write(bytes, done, to - done, position + done - from);
    done += bytesWritten;
  }
}
