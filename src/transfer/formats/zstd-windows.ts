import { unsupportedError } from '../../core/errors.ts';
import { humanSize } from '../../core/quantity.ts';
import { isSkippable, zstdMagic } from './zstd-frame.ts';

/** What the decoder keeps of what it has given, at most: the default of zstd itself (`--long=27`). */
const mostWindowBytes = 2 ** 27;
const blockHeader = 3;
const idBytes = [0, 1, 2, 4];
const sizeBytes = [0, 2, 4, 8];

/** What comes next in the data: a frame, a block of one, or `undefined`, where nobody knows any more. */
type Next = { readonly part: 'frame' } | { readonly part: 'block'; readonly checksum: number } | undefined;

/**
 * Watches the frames that pass by: throws UNSUPPORTED at the first that needs a larger window than the decoder has, which itself
 * cannot tell that from damage. What is broken is left to the decoder.
 */
export function zstdWindows(): (chunk: Uint8Array) => void {
  let next: Next = { part: 'frame' };
  let kept = Buffer.alloc(0);
  let skip = 0;
  return (chunk) => {
    if (!next) return;
    if (kept.length === 0 && skip >= chunk.length) {
      skip -= chunk.length;
      return;
    }
    kept = kept.length === 0 ? Buffer.from(chunk) : Buffer.concat([kept, chunk]);
    for (;;) {
      const skipped = Math.min(skip, kept.length);
      kept = kept.subarray(skipped);
      skip -= skipped;
      if (skip > 0 || !next || kept.length < (next.part === 'frame' ? frameHeader(kept) : blockHeader)) return;
      ({ next, skip } = next.part === 'frame' ? frameAt(kept) : blockAt(kept, next.checksum));
    }
  };
}

/** How long the header of a frame is, as far as can be seen: the decoder does not wait for more. */
function frameHeader(bytes: Buffer): number {
  if (bytes.length < 5) return 5;
  if (isSkippable(bytes.readUInt32LE(0))) return 8;
  const descriptor = bytes[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  return 5 + (isSingle ? 0 : 1) + (idBytes[descriptor & 3] ?? 0) + (sizeBytes[descriptor >> 6] || (isSingle ? 1 : 0));
}

function frameAt(bytes: Buffer): { next: Next; skip: number } {
  const number = bytes.readUInt32LE(0);
  if (isSkippable(number)) return { next: { part: 'frame' }, skip: 8 + bytes.readUInt32LE(4) };
  if (number !== zstdMagic) return { next: undefined, skip: 0 };
  const descriptor = bytes[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const contentBytes = sizeBytes[descriptor >> 6] || (isSingle ? 1 : 0);
  const at = 5 + (isSingle ? 0 : 1) + (idBytes[descriptor & 3] ?? 0);
  if (!isSingle) checkWindow(windowOf(bytes[5] ?? 0));
  else if (contentBytes >= 4) checkWindow(bytes.readUIntLE(at, Math.min(contentBytes, 6)));
  return { next: { part: 'block', checksum: descriptor & 4 }, skip: at + contentBytes };
}

/** RFC 8878, 3.1.1.1.2. */
const windowOf = (descriptor: number): number => 2 ** (10 + (descriptor >> 3)) * (1 + (descriptor & 7) / 8);

function checkWindow(bytes: number): void {
  if (bytes <= mostWindowBytes) return;
  throw unsupportedError(
    `this zstd file needs a window of ${humanSize(bytes)}; up to ${humanSize(mostWindowBytes)} are supported`,
    { hint: 'Decompress it first: zstd -d --long=31 FILE' },
  );
}

function blockAt(bytes: Buffer, checksum: number): { next: Next; skip: number } {
  const header = bytes.readUIntLE(0, 3);
  const isRepeated = ((header >> 1) & 3) === 1;
  const isLast = (header & 1) === 1;
  return {
    next: isLast ? { part: 'frame' } : { part: 'block', checksum },
    skip: blockHeader + (isRepeated ? 1 : header >> 3) + (isLast ? checksum : 0),
  };
}
