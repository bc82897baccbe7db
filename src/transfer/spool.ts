import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { localError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import { humanSize } from '../core/quantity.ts';
import { fileSource, type Source } from './source.ts';

/** Room left on a disk beside what is written there. */
const reserveBytes = 64 * 1024 * 1024;

/**
 * Writes bytes to a private temporary file in `folder` and gives it as a source; closing it removes the file.
 * `expected`: bytes to come, as far as known. Throws LOCAL, before the first byte where it can be told, when there is no room.
 */
export async function spool(bytes: Bytes, folder: string, name: string, expected?: number): Promise<Source> {
  if (expected !== undefined) await checkRoom(folder, expected);
  const own = await mkdtemp(path.join(folder, 'imgctl-')).catch((cause: unknown) => {
    throw localError(`cannot make a temporary folder in ${folder}`, { cause, hint: 'set TMPDIR to a folder with room' });
  });
  const file = path.join(own, 'spool');
  const remove = (): Promise<void> => rm(own, { recursive: true, force: true });
  try {
    await writeAll(bytes, file);
    const source = await fileSource(file);
    const close = async (): Promise<void> => {
      await source.close();
      await remove();
    };
    return { ...source, name, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function checkRoom(folder: string, expected: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= expected + reserveBytes) return;
  throw localError(`${humanSize(expected)} are needed in ${folder} for a while, and ${humanSize(bavail * bsize)} are free`, {
    hint: 'set TMPDIR to a folder with room',
  });
}

async function writeAll(bytes: Bytes, file: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of bytes) {
      let written = 0;
      while (written < chunk.length) written += (await handle.write(chunk, written, chunk.length - written)).bytesWritten;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw localError(`no room left for the temporary file ${file}`, { cause: error });
    throw error;
  } finally {
    await handle.close();
  }
}
