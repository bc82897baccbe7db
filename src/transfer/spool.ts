import { lstat, mkdtemp, open, readdir, rm, statfs, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { ImgctlError, localError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import { humanSize } from '../core/quantity.ts';
import { errnoCode, errnoMessage } from '../core/errno.ts';
import { isRunning, processIdPattern, processId } from '../host/process-id.ts';
import { fileSource, ofHandle } from './file-source.ts';
import type { Source } from './source.ts';
import { writeSparse } from './writers/raw.ts';

/** Room left on a disk beside what is written there. */
const reserveBytes = 64 * 1024 * 1024;
/** So much is written between two looks at the room that is left. */
const lookBytes = 256 * 1024 * 1024;

const tmpdirHint = 'Point TMPDIR at a larger file system.';

/** A folder of our own, mode 0700, for temporary files; `remove` takes it away with all that is in it. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

/** Makes one in `folder`, and clears away those of our own runs there that were killed. Throws LOCAL. */
export async function privateTemporaryFolder(folder: string): Promise<TemporaryFolder> {
  await clearDeadFolders(folder);
  const own = await mkdtemp(path.join(folder, `imgctl-${processId()}-`)).catch((cause: unknown) => {
    throw localError(`cannot make a temporary folder in ${folder}: ${errnoMessage(cause)}`, { cause, hint: tmpdirHint });
  });
  return { path: own, remove: () => remove(own) };
}

const ownName = new RegExp(`^imgctl-(${processIdPattern})-[A-Za-z0-9]{6}$`);

/** Those of processes that cannot be seen from here stay: in other containers they may be at work. */
async function clearDeadFolders(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, mark] = ownName.exec(name) ?? [];
    if (mark === undefined || isRunning(mark) !== false) continue;
    const dead = path.join(folder, name);
    const found = await lstat(dead).catch(() => undefined);
    // Another user's run looks after its own; somebody else may clear up at the same time.
    if (found?.isDirectory() && found.uid === (process.getuid?.() ?? found.uid)) await remove(dead).catch(() => undefined);
  }
}

/**
 * Writes bytes to a private temporary file in `folder` and gives it as a source; closing it removes the file. Zeros take no room.
 * `named`: the file has a path; else it has no name, and is gone with the process however that ends (but on Windows).
 * `expected`: bytes to come, at least, as far as known. Throws LOCAL, before the first byte where it can be told, when there is no room.
 */
export async function spool(bytes: Bytes, folder: string, name: string, expected = 0, named = false): Promise<Source> {
  await checkRoom(folder, expected);
  const own = await privateTemporaryFolder(folder);
  const file = path.join(own.path, 'spool');
  let handle: FileHandle | undefined;
  try {
    const opened = await open(file, 'wx+', 0o600).catch((cause: unknown) => Promise.reject(noRoom(cause, folder)));
    handle = opened;
    // A file without a name goes with the process, however that ends.
    if (!named && process.platform !== 'win32') await own.remove();
    await writeAll(bytes, opened, folder);
    const { fileName: _temporary, path: _gone, ...source } = await ofHandle(opened, file);
    const close = async (): Promise<void> => {
      await source.close();
      await own.remove();
    };
    return { ...source, name, close, ...(named ? { path: file } : {}) };
  } catch (error) {
    await handle?.close().catch(() => undefined);
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

/** Throws LOCAL where so many bytes, and some more, have no room in the folder. */
export async function checkRoom(folder: string, expected: number): Promise<void> {
  const room = await statfs(folder).catch(() => undefined);
  const free = room ? room.bavail * room.bsize : Infinity;
  if (free >= expected + reserveBytes) return;
  throw localError(
    `no space for temporary files in ${folder}: ${humanSize(free)} free, ${humanSize(expected + reserveBytes)} needed`,
    { hint: tmpdirHint },
  );
}

async function writeAll(bytes: Bytes, handle: FileHandle, folder: string): Promise<void> {
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
    throw noRoom(error, folder);
  }
}

/** An error of the system as a LOCAL one that names the folder, and not the file in it. */
export const noRoom = (error: unknown, folder: string): unknown =>
  error instanceof ImgctlError || errnoCode(error) === undefined
    ? error
    : localError(`cannot write temporary files in ${folder}: ${errnoMessage(error)}`, { cause: error, hint: tmpdirHint });
