import { ReadableStream } from 'node:stream/web';
import { crc32 } from 'node:zlib';
import xz from 'xz-decompress';
import { ImgctlError, unsupportedError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { refusal, type FindingCode } from './findings.ts';
import { bufferOf } from './reading.ts';

const magic = Buffer.from('\xfd7zXZ\0', 'latin1');
const footerBytes = 12;

/** Codes of XZ Embedded (xz.h) that say that the file is right and this decoder not enough. */
const beyondDecoder: Readonly<Record<string, string>> = { 2: 'its kind of checksum', 3: 'the memory it needs', 4: 'the memory it needs', 6: 'its filters' };

/** Codes for what is no xz data (the first stream has its magic, so it stands behind one), and for an end too early. */
const brokenBy: Readonly<Record<string, FindingCode>> = { 5: 'trailing_junk', 8: 'truncated' };

/**
 * Decompresses xz, all streams of it. INTEGRITY where data is broken, cut off, or followed by anything but padding;
 * UNSUPPORTED for what only a full decoder reads (other filters than LZMA2, checksums other than CRC).
 */
export async function* unxz(bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  const input = bytes[Symbol.asyncIterator]();
  try {
    for (let rest: Uint8Array | undefined = await nextPiece(input); rest !== undefined; ) {
      const fed = { before: Buffer.alloc(0), last: Buffer.alloc(0) };
      yield* oneStream(rest, input, fed);
      rest = await skipPadding(behindFooter(fed.before, fed.last), input);
    }
  } finally {
    await input.return?.();
  }
}

async function nextPiece(input: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  for (;;) {
    const next = await input.next();
    if (next.done === true) return undefined;
    if (next.value.length > 0) return next.value;
  }
}

/** What the decoder was given: the last piece, and enough of what was before for a footer that begins there. */
interface Fed {
  before: Buffer;
  last: Buffer;
}

async function* oneStream(first: Uint8Array, input: AsyncIterator<Uint8Array>, fed: Fed): AsyncGenerator<Uint8Array, void, undefined> {
  let piece: Uint8Array | undefined = first;
  const compressed = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        piece ??= await nextPiece(input);
        // Not an error yet: the decoder may only need to be asked once more.
        if (piece === undefined) return controller.close();
        fed.before = Buffer.concat([fed.before, fed.last]).subarray(-footerBytes);
        fed.last = Buffer.from(piece);
        piece = undefined;
        controller.enqueue(fed.last);
      },
    },
    { highWaterMark: 0 },
  );
  try {
    for await (const chunk of new xz.XzReadableStream(compressed)) yield chunk;
  } catch (error) {
    throw xzError(error);
  }
}

function xzError(error: unknown): unknown {
  if (error instanceof ImgctlError || !(error instanceof Error)) return error;
  const code = /error code (\d+)/.exec(error.message)?.[1];
  const beyond = code === undefined ? undefined : beyondDecoder[code];
  if (beyond !== undefined)
    return unsupportedError(`this xz file cannot be decompressed here because of ${beyond}`, { hint: 'decompress it with `xz -d` first' });
  return code === undefined ? error : refusal(brokenBy[code] ?? 'decompress', `the xz data is broken (decoder code ${code})`);
}

/**
 * What follows behind the end of a stream. The decoder says that the end was in the last piece, not where: that is behind a footer (CRC, size
 * of the index, flags, "YZ") after which comes padding, another stream, or nothing.
 */
function behindFooter(before: Buffer, last: Buffer): Buffer {
  const bytes = Buffer.concat([before, last]);
  for (let at = bytes.indexOf('YZ', Math.max(0, before.length - 2)); at >= 0; at = bytes.indexOf('YZ', at + 1)) {
    const end = at + 2;
    const start = end - footerBytes;
    if (start < 0 || crc32(bytes.subarray(start + 4, at)) !== bytes.readUInt32LE(start)) continue;
    const rest = withoutZeros(bytes.subarray(end));
    if (rest.equals(magic.subarray(0, rest.length)) || rest.subarray(0, magic.length).equals(magic)) return rest;
  }
  throw refusal('trailing_junk', 'something follows behind the end of the xz data');
}

async function skipPadding(rest: Buffer, input: AsyncIterator<Uint8Array>): Promise<Buffer | undefined> {
  let behind = rest;
  while (behind.length === 0) {
    const piece = await nextPiece(input);
    if (piece === undefined) return undefined;
    behind = withoutZeros(bufferOf(piece));
  }
  return behind;
}

function withoutZeros(bytes: Buffer): Buffer {
  const from = bytes.findIndex((byte) => byte !== 0);
  return from < 0 ? bytes.subarray(bytes.length) : bytes.subarray(from);
}
