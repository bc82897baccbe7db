import { ReadableStream } from 'node:stream/web';
import xz from 'xz-decompress';
import { ImgctlError, unsupportedError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { findingError, type FindingCode } from './findings.ts';

/** Codes of XZ Embedded (xz.h) that say that the file is right and this decoder not enough. */
const beyondDecoder: Readonly<Record<string, string>> = {
  2: 'its kind of check',
  3: 'the memory that it needs (its dictionary)',
  4: 'the memory that it needs (its dictionary)',
  6: 'its filters',
};

/** Codes for what is no xz data (the first stream has its magic, so it stands behind one), and for an end too early. */
const brokenBy: Readonly<Record<string, FindingCode>> = { 5: 'trailing_junk', 8: 'truncated' };

/** The decoder takes so much at once, and says that it has finished when a stream ends with what it has taken. */
const pieceBytes = 64 << 10;

/**
 * Decompresses xz, all streams of it. INTEGRITY where data is broken, cut off, or followed by anything but padding;
 * UNSUPPORTED for what only a full decoder reads (other filters than LZMA2, checksums other than CRC).
 */
export async function* unxz(bytes: Bytes): AsyncGenerator<Uint8Array, void, undefined> {
  const input = piecesOf(bytes);
  try {
    for (let next = await input.next(); next.done !== true; next = await withoutPadding(input)) yield* decode(next.value, input);
  } finally {
    await input.return(undefined);
  }
}

async function* piecesOf(bytes: Bytes): AsyncGenerator<Buffer, undefined, undefined> {
  for await (const chunk of bytes)
    for (let at = 0; at < chunk.length; at += pieceBytes) yield Buffer.from(chunk.subarray(at, at + pieceBytes));
  return undefined;
}

/** The next piece that is not only zeros, which may fill up the room between streams and at the end. */
async function withoutPadding(input: AsyncGenerator<Buffer, undefined, undefined>): Promise<IteratorResult<Buffer, undefined>> {
  for (;;) {
    const next = await input.next();
    if (next.done === true) return next;
    const from = next.value.findIndex((byte) => byte !== 0);
    if (from >= 0) return { done: false, value: next.value.subarray(from) };
  }
}

/** One stream, or several that follow each other without a break. */
async function* decode(
  first: Buffer,
  input: AsyncGenerator<Buffer, undefined, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let piece: Buffer | undefined = first;
  const compressed = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = piece ?? (await input.next()).value;
        piece = undefined;
        // Not an error yet: the decoder may only have to be asked once more.
        if (next === undefined) controller.close();
        else controller.enqueue(next);
      },
    },
    { highWaterMark: 0 },
  );
  const reader = new xz.XzReadableStream(compressed).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } catch (error) {
    throw xzError(error, checkOf(first));
  } finally {
    // Oddity: where all is decoded and not yet taken, the decoder is gone already and cancelling fails.
    await reader.cancel().catch(() => undefined);
  }
}

/** Names of the checks (The .xz File Format, 2.1.1.2) that the decoder does not have, by their number: it says of them what it says of filters. */
const otherChecks: Readonly<Record<number, string>> = { 10: 'its kind of check (SHA-256)' };

/** The check that a stream declares in its header, where the decoder does not have it. */
function checkOf(header: Buffer): string | undefined {
  const number = (header[7] ?? 0) & 0x0f;
  return [0, 1, 4].includes(number) ? undefined : (otherChecks[number] ?? `its kind of check (${number})`);
}

function xzError(error: unknown, check: string | undefined): unknown {
  if (error instanceof Error && error.name === 'RuntimeError')
    return findingError('decompress', `the xz data is broken: ${error.message}`);
  if (error instanceof ImgctlError || !(error instanceof Error)) return error;
  const code = /error code (\d+)/.exec(error.message)?.[1];
  const beyond = code === undefined ? undefined : code === '6' && check !== undefined ? check : beyondDecoder[code];
  if (beyond !== undefined)
    return unsupportedError(`this xz file cannot be decompressed because of ${beyond}`, {
      hint: 'Decompress it first: xz -d FILE',
    });
  return code === undefined
    ? error
    : findingError(brokenBy[code] ?? 'decompress', `the xz data is broken (decoder code ${code})`);
}
