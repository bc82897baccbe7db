import { findingError } from './findings.ts';

export const zstdMagic = 0xfd2fb528;
const idBytes = [0, 1, 2, 4];
const sizeBytes = [0, 2, 4, 8];
const rleBlock = 1;
/** Frames that hold something else, of any of these sixteen numbers, are skipped wherever they are (RFC 8878, 3.1.2). */
const skippable = 0x184d2a50;
export const isSkippable = (number: number): boolean => ((number ^ skippable) & ~0xf) === 0;

/** Whether a file of this beginning is Zstandard: a frame, be it behind others that are skipped, as far as can be seen. */
export function isZstd(head: Buffer): boolean {
  let at = 0;
  while (at + 8 <= head.length && isSkippable(head.readUInt32LE(at))) at += 8 + head.readUInt32LE(at + 4);
  return at + 4 <= head.length ? head.readUInt32LE(at) === zstdMagic : at > 0;
}

/**
 * How many bytes the Zstandard frame at the beginning has (RFC 8878, 3.1.1); what is behind it is slack.
 * INTEGRITY (`decompress`) where there is no whole frame.
 */
export function zstdFrameLength(bytes: Buffer): number {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== zstdMagic)
    throw findingError('decompress', 'compressed data is not a zstd frame');
  const descriptor = bytes[4] ?? 0;
  const singleSegment = (descriptor >> 5) & 1;
  const contentSize = sizeBytes[descriptor >> 6] || singleSegment;
  let at = 5 + (1 - singleSegment) + (idBytes[descriptor & 3] ?? 0) + contentSize;
  for (let last = 0; last === 0;) {
    if (at + 3 > bytes.length) throw findingError('decompress', 'a zstd frame is cut off');
    const header = bytes.readUIntLE(at, 3);
    last = header & 1;
    at += 3 + (((header >> 1) & 3) === rleBlock ? 1 : header >> 3);
  }
  const end = at + (descriptor & 4 ? 4 : 0);
  if (end > bytes.length) throw findingError('decompress', 'a zstd frame is cut off');
  return end;
}
