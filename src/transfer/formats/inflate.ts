import { promisify } from 'node:util';
import { constants, inflate, inflateRaw, inflateRawSync } from 'node:zlib';
import { findingError } from './findings.ts';

const inflatingRaw = promisify(inflateRaw);
const inflatingZlib = promisify(inflate);

/** Room for a little more than is due: the library then sees the end of the data in the same call, and none is made for nothing. */
const options = (length: number) => ({ chunkSize: length + 64, maxOutputLength: length, finishFlush: constants.Z_SYNC_FLUSH });

/** Inflates raw deflate data, behind which there may be slack. INTEGRITY (`decompress`) unless it gives exactly `length` bytes. */
export function inflateRawExactly(deflated: Uint8Array, length: number): Promise<Uint8Array> {
  return exactly(inflatingRaw(deflated, options(length)), length);
}

/** The same for a zlib stream (RFC 1950), whose checksum is compared. It may also give exactly `orBytes`, which are fewer. */
export function inflateZlibExactly(bytes: Uint8Array, length: number, orBytes = length): Promise<Uint8Array> {
  return exactly(inflatingZlib(bytes, { chunkSize: length + 64, maxOutputLength: length }), length, orBytes);
}

/**
 * Throws INTEGRITY (`decompress`) where raw deflate data reaches further back than `windowBits` allow. The output is taken in
 * small pieces, because within one piece the library lets every distance pass: exact to 512 bytes, and slow.
 */
export function checkDeflateWindow(deflated: Uint8Array, length: number, windowBits: number): void {
  try {
    inflateRawSync(deflated, { ...options(length), chunkSize: 512, windowBits });
  } catch (cause) {
    throw broken(cause);
  }
}

async function exactly(inflating: Promise<Buffer>, length: number, orBytes = length): Promise<Uint8Array> {
  const bytes = await inflating.catch((cause: unknown) => {
    throw broken(cause);
  });
  if (bytes.length !== length && bytes.length !== orBytes)
    throw findingError('decompress', `compressed data gives ${bytes.length} bytes instead of ${length}`);
  return bytes;
}

function broken(cause: unknown) {
  return findingError('decompress', `compressed data is broken: ${cause instanceof Error ? cause.message : String(cause)}`);
}
