import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { localError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import { humanSize } from '../core/quantity.ts';
import { fileSource } from './file-source.ts';
import type { Source } from './source.ts';
import { writeSparse } from './writers/raw.ts';

/** Room left on a disk beside what is written there. */
const reserveBytes = 64 * 1024 * 1024;
/** So much is written between two looks at the room that is left. */
const lookBytes = 256 * 1024 * 1024;

/** A folder of our own, mode 0700, for temporary files; `remove` takes it away with all that is in it. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Makes one in `folder`. Throws LOCAL. */
export async function temporaryFolder(folder: string): Promise<TemporaryFolder> {
  const own = await mkdtemp(path.join(folder, 'imgctl-')).catch((cause: unknown) => {
    throw localError(`cannot make a temporary folder in ${folder}`, { cause, hint: 'set TMPDIR to a folder with room' });
  });
  return { path: own, remove: () => rm(own, { recursive: true, force: true }) };
}

/**
 * Writes bytes to a private temporary file in `folder` and gives it as a source; closing it removes the file. Zeros take no room.
 * `expected`: bytes to come, at least, as far as known. Throws LOCAL, before the first byte where it can be told, when there is no room.
 */
export async function spool(bytes: Bytes, folder: string, name: string, expected = 0): Promise<Source> {
  await checkRoom(folder, expected);
  const own = await temporaryFolder(folder);
  try {
    const file = path.join(own.path, 'spool');
    await writeAll(bytes, file, folder);
    return await temporarySource(file, name, own);
  } catch (error) {
    await own.remove();
    throw error;
  }
}

/** A file in a temporary folder as a source under another name; closing it removes the folder. */
export async function temporarySource(file: string, name: string, own: TemporaryFolder): Promise<Source> {
  const { fileName: _temporary, ...source } = await fileSource(file);
  const close = async (): Promise<void> => {
    await source.close();
    await own.remove();
  };
  return { ...source, name, close };
}

async function checkRoom(folder: string, expected: number): Promise<void> {
  const room = await statfs(folder).catch(() => undefined);
  const free = room ? room.bavail * room.bsize : Infinity;
  if (free >= expected + reserveBytes) return;
  throw localError(
    `no room for temporary files in ${folder}: ${humanSize(free)} are free, ${humanSize(expected + reserveBytes)} are needed`,
    {
      hint: 'set TMPDIR to a folder with room',
    },
  );
}

async function writeAll(bytes: Bytes, file: string, folder: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  let at = 0;
  let looked = 0;
  try {
    for await (const chunk of bytes) {
      // Compressed data may unfold to any length: the disk is not filled up to its end.
      if (at - looked >= lookBytes) {
        await checkRoom(folder, 0);
        looked = at;
      }
      await writeSparse(handle, chunk, at);
      at += chunk.length;
    }
    await handle.truncate(at);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw localError(`no room left for the temporary file ${file}`, { cause: error, hint: 'set TMPDIR to a folder with room' });
    throw error;
  } finally {
    await handle.close();
  }
}
