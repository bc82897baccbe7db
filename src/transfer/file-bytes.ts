import { open, type FileHandle } from 'node:fs/promises';
import { ImgctlError, localError, notFoundError } from '../core/errors.ts';
import { errnoMessage } from '../core/errno.ts';
import type { Bytes } from '../core/http.ts';

/** Which bytes to read: `from` the first (default 0), `to` the last, inclusive (default: to the end of the file). */
export interface FileRange {
  readonly from?: number;
  readonly to?: number;
  /** Bytes per chunk; default 1 MiB. */
  readonly chunkBytes?: number;
  /** What an open file is called in messages. */
  readonly name?: string;
}

/** One buffer is with the consumer, one is read, one is being read. */
const buffers = 3;

/** The next bytes at `position`; shorter than asked for only at the end of the file. Throws LOCAL. */
async function fill(file: FileHandle, buffer: Uint8Array, position: number, path: string): Promise<Uint8Array> {
  let filled = 0;
  while (filled < buffer.byteLength) {
    const { bytesRead } = await file
      .read(buffer, filled, buffer.byteLength - filled, position + filled)
      .catch((error: unknown) => Promise.reject(fileReadError(error, path)));
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** The error for a file that cannot be read: NOT_FOUND or LOCAL. */
export function fileReadError(error: unknown, path: string): ImgctlError {
  if (error instanceof ImgctlError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return notFoundError(`no such file: ${path}`, { cause: error });
  return localError(`cannot read ${path}: ${errnoMessage(error)}`, { cause: error });
}

async function* readAhead(file: FileHandle, range: FileRange, path: string): AsyncGenerator<Uint8Array> {
  const { from = 0, to = Infinity, chunkBytes = 1024 * 1024 } = range;
  const bytes = Math.min(chunkBytes, Math.max(1, to - from + 1));
  const ring = Array.from({ length: buffers }, () => Buffer.allocUnsafeSlow(bytes));
  const begun: { wanted: number; read: Promise<Uint8Array> }[] = [];
  let position = from;
  const begin = (buffer: Buffer): void => {
    const wanted = Math.min(bytes, to - position + 1);
    if (wanted <= 0) return;
    const read = fill(file, buffer.subarray(0, wanted), position, path);
    // It is awaited later, or not at all when the consumer stops.
    read.catch(() => undefined);
    begun.push({ wanted, read });
    position += wanted;
  };
  try {
    for (const buffer of ring.slice(1)) begin(buffer);
    for (let turn = 0; ; turn += 1) {
      const next = begun.shift();
      if (!next) return;
      const chunk = await next.read;
      // The buffer that the consumer has just given back by asking for more.
      begin(ring[turn % buffers] as Buffer);
      if (chunk.byteLength > 0) yield chunk;
      // The end of the file. What is appended from now on does not belong to what was begun.
      if (chunk.byteLength < next.wanted) return;
    }
  } finally {
    await Promise.allSettled(begun.map(({ read }) => read));
  }
}

/**
 * The bytes of a file, in few buffers that are used again, read ahead of the consumer. A path is opened when the
 * first chunk is asked for and closed at the end; a handle stays open and keeps its position. A file that ends before
 * `to` gives fewer bytes: whoever knows the length compares. Throws NOT_FOUND or LOCAL with the path.
 */
export async function* fileBytes(file: string | FileHandle, range: FileRange = {}): Bytes & AsyncGenerator<Uint8Array> {
  if (typeof file !== 'string') return yield* readAhead(file, range, range.name ?? 'the file');
  const opened = await open(file, 'r').catch((error: unknown) => Promise.reject(fileReadError(error, file)));
  try {
    yield* readAhead(opened, range, file);
  } finally {
    await opened.close();
  }
}
