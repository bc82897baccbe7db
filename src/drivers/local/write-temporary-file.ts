import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { integrityError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { clearDrafts, dropDraft, keptAlive, type Draft } from './temporary-file.ts';
import { goOn, onDisk } from './errors.ts';
import { makeLayout, newDraft, type Folder } from './folder.ts';
import { writeSparsely } from './sparse.ts';

/**
 * Writes a stream to a draft, in which zeros take no room. `hashed` gives the SHA-256 that somebody has taken of the stream on its
 * way, in hex, once it has ended; absent: it is taken here. An error of the stream comes out as it is; nothing is left behind then.
 */
export async function writeDraft(
  folder: Folder,
  bytes: Bytes,
  signal: AbortSignal,
  hashed?: () => string | undefined,
): Promise<Draft> {
  await makeLayout(folder);
  // Before the new one: the space may be needed for it.
  await clearDrafts(folder);
  const file = newDraft(folder);
  try {
    const handle = await onDisk(`cannot write ${file}`, open(file, 'wx', 0o644));
    try {
      const { size, hex } = await keptAlive(file, () => fill(handle, file, bytes, signal, hashed));
      return { file, digest: `sha256:${hex}`, size };
    } finally {
      await handle.close();
    }
  } catch (error) {
    await dropDraft(file);
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
    goOn(signal);
    hash?.update(chunk);
    await onDisk(`cannot write ${file}`, writeSparsely(handle, chunk, size));
    size += chunk.byteLength;
  }
  goOn(signal);
  await onDisk(`cannot write ${file}`, handle.truncate(size));
  await onDisk(`cannot write ${file}`, handle.sync());
  const hex = hash?.digest('hex') ?? hashed?.();
  if (hex === undefined) throw integrityError('the data has no SHA-256: it cannot be stored');
  return { size, hex };
}
