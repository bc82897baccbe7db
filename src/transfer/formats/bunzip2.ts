import type { Bytes } from '../../core/http.ts';
import { BitReader } from './bzip2-bits.ts';
import { decodeBlock, expandRuns } from './bzip2-block.ts';
import { findingError } from './findings.ts';

/** No compressed block is larger: 900,000 symbols of at most 20 bits, and its tables. */
const largestBlockBytes = 2.5 * 2 ** 20;
const blockMagic = 0x314159265359;
const endMagic = 0x177245385090;

/**
 * Decompresses bzip2, all streams of it, and compares their checksums. INTEGRITY where data is broken, cut off, or followed by anything
 * but zeros. One block (900 KB) is decoded at a time; what it expands to is given in pieces.
 */
export async function* bunzip2(bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  const input = bytes[Symbol.asyncIterator]();
  const bits = new BitReader();
  try {
    for (let first = true; ; first = false) {
      await fill(bits, input);
      if (!first && (await onlyZerosFollow(bits, input))) return;
      yield* oneStream(bits, input, first);
    }
  } finally {
    await input.return?.();
  }
}

/** So that a whole block, or all that is left, can be read without waiting. */
async function fill(bits: BitReader, input: AsyncIterator<Uint8Array>): Promise<void> {
  const pieces: Uint8Array[] = [];
  for (let has = bits.bytesLeft; has < largestBlockBytes;) {
    const next = await input.next();
    if (next.done === true) break;
    has += next.value.length;
    pieces.push(Buffer.from(next.value));
  }
  if (pieces.length > 0) bits.append(pieces);
}

async function onlyZerosFollow(bits: BitReader, input: AsyncIterator<Uint8Array>): Promise<boolean> {
  for (; bits.bytesLeft > 0; await fill(bits, input)) if (!bits.skipZeroBytes()) return false;
  return true;
}

async function* oneStream(
  bits: BitReader,
  input: AsyncIterator<Uint8Array>,
  first: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  const [b, z, h, level] = [bits.read(8), bits.read(8), bits.read(8), bits.read(8) - 48];
  if (b !== 66 || z !== 90 || h !== 104 || level < 1 || level > 9)
    throw findingError(first ? 'decompress' : 'trailing_junk', 'trailing data that is not bzip2');
  let total = 0;
  for (;;) {
    await fill(bits, input);
    const magic = bits.read(24) * 2 ** 24 + bits.read(24);
    const expected = bits.readUint32();
    if (magic === endMagic) {
      if (expected !== total) throw findingError('checksum', 'the checksum of the bzip2 data is wrong');
      return bits.alignToByte();
    }
    if (magic !== blockMagic) throw findingError('decompress', 'a bzip2 block has an invalid header');
    const crc = yield* expandRuns(decodeBlock(bits, level * 100_000));
    if (crc !== expected) throw findingError('checksum', 'the checksum of a bzip2 block is wrong');
    total = (((total << 1) | (total >>> 31)) ^ crc) >>> 0;
  }
}
