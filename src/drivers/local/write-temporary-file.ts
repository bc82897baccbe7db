import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { integrityError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { removeStaleFiles, removeTemporaryFile, withHeartbeat, type TemporaryFile } from './temporary-file.ts';
import { throwIfAborted, onDisk } from './errors.ts';
import { makeLayout, newTemporaryPath, type Folder } from './folder.ts';
import { writeSparsely } from './sparse.ts';

/**
 * Writes a stream to a draft, in which zeros take no room. `hashed` gives the SHA-256 that somebody has taken of the stream on its
 * way, in hex, once it has ended; absent: it is taken here. An error of the stream comes out as it is; nothing is left behind then.
 */
export async function writeTemporaryFile(
  folder: Folder,
  bytes: Bytes,
  signal: AbortSignal,
  hashed?: () => string | undefined,
): Promise<TemporaryFile> {
  await makeLayout(folder);
  // Before the new one: the space may be needed for it.
  await removeStaleFiles(folder);
  const file = newTemporaryPath(folder);
  const { size, hex } = await withHeartbeat(file, () => writeNewFile(file, bytes, signal, hashed, true));
  return { file, digest: `sha256:${hex}`, size };
}

/** Writes a stream to a file that is not there yet; else as `writeTemporaryFile`. Gives its length, and its SHA-256 in hex. */
export async function writeNewFile(
  file: string,
  bytes: Bytes,
  signal: AbortSignal,
  hashed?: () => string | undefined,
  isSynced = false,
): Promise<{ readonly size: number; readonly hex: string }> {
  try {
    const handle = await onDisk(`cannot write ${file}`, open(file, 'wx', 0o644));
    try {
      const written = await fill(handle, file, bytes, signal, hashed);
      if (isSynced) await onDisk(`cannot write ${file}`, handle.sync());
      return written;
    } finally {
      await handle.close();
    }
  } catch (error) {
    await removeTemporaryFile(file);
    throw error;
  }
}

async function fill(
  handle: FileHandle,
  file: string,
  bytes: Bytes,
  signal: AbortSignal,
  hashed?: () => string | undefined,
): Promise<{ readonly size: number; readonly hex: string }> {
  const hash = hashed ? undefined : createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    throwIfAborted(signal);
    hash?.update(chunk);
    await onDisk(`cannot write ${file}`, writeSparsely(handle, chunk, size));
    size += chunk.byteLength;
  }
  throwIfAborted(signal);
  await onDisk(`cannot write ${file}`, handle.truncate(size));
  const hex = hash?.digest('hex') ?? hashed?.();
  if (hex === undefined) throw integrityError('the data has no SHA-256: it cannot be stored');
  return { size, hex };
}
