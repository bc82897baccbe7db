import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { configError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { ifThere, onDisk } from './errors.ts';
import { layoutVersion } from './layout-version.ts';
import { checkFolder } from './safe-file.ts';

/** A folder that is an OCI image layout. What is ours alone lies in its sub-folder `imgctl`, which other tools leave alone. */
export interface Folder {
  readonly path: string;
  /**
   * Runs `work` while no other process of ours changes the index. Other tools know no lock. What fails once the work is done
   * is told to `note`, as a warning.
   */
  locked<T>(work: (folder: LockedFolder) => Promise<T>, note: Call['note']): Promise<T>;
}

/** A folder whose lock is ours. `held` is a folder that goes with the lock: what is renamed out of it or into it is so under the lock. */
export interface LockedFolder extends Folder {
  readonly held: string;
}

export const blobsPath = (folder: Folder): string => path.join(folder.path, 'blobs', 'sha256');
export const ownPath = (folder: Folder, name: string): string => path.join(folder.path, 'imgctl', name);
export const indexPath = (folder: Folder): string => path.join(folder.path, 'index.json');
/** Where files are written before they get their name: same file system, so that the rename is one step. */
export const temporaryFilesPath = (folder: Folder): string => ownPath(folder, 'tmp');
/** Under the lock it goes with the lock: whoever has lost it publishes nothing any more. */
export const newTemporaryPath = (folder: Folder | LockedFolder): string =>
  path.join('held' in folder ? folder.held : temporaryFilesPath(folder), randomUUID());

/** Whether files of ours lie in a folder. Throws CONFIG when a file is in the way. */
export async function hasOwn(folder: Folder): Promise<boolean> {
  const there = await ifThere(`cannot read ${folder.path}`, stat(folder.path));
  if (there && !there.isDirectory())
    throw configError(`${folder.path} is a file, not a folder`, { hint: 'Set path to a folder.' });
  return (await ifThere(`cannot read ${folder.path}`, lstat(ownPath(folder, '')))) !== undefined;
}

/**
 * Makes the folder a layout if it is none. Throws LOCAL where what we put files into, and take them out
 * of, is a link: it may lead to what is somebody else's, and two layouts may share it.
 */
export async function makeLayout(folder: Folder): Promise<void> {
  for (const each of [blobsPath(folder), temporaryFilesPath(folder)]) {
    await onDisk(`cannot create the folder ${each}`, makeFolder(each));
    await checkFolder(path.dirname(each));
    await checkFolder(each);
  }
  const layout = path.join(folder.path, 'oci-layout');
  if (await ifThere(`cannot read ${layout}`, lstat(layout))) return;
  await writeDurably(folder, layout, JSON.stringify({ imageLayoutVersion: layoutVersion }));
}

/** Makes a folder and those above it. Node's own `recursive` never ends where mkdir answers ENOENT below a folder that is there (/proc). */
export async function makeFolder(folderPath: string): Promise<void> {
  const isThere = (each: string): Promise<boolean> =>
    stat(each).then(
      (facts) => facts.isDirectory(),
      () => false,
    );
  if (await isThere(folderPath)) return;
  try {
    await mkdir(folderPath);
  } catch (error) {
    if (await isThere(folderPath)) return;
    const above = path.dirname(folderPath);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // What is above may be there by now, made by another run.
    if (!(await isThere(above))) await makeFolder(above);
    await mkdir(folderPath).catch(async (again: unknown) => {
      if (!(await isThere(folderPath))) throw again;
    });
  }
}

/** Makes renames and new names in a folder survive a power cut. Not every platform can open a folder: then it cannot be done. */
async function syncFolder(folderPath: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folderPath, 'r');
  await handle.sync().finally(() => handle.close());
}

/** Gives a finished draft its name: it is there whole, or not at all, whatever happens. */
export async function publish(draft: string, target: string): Promise<void> {
  await onDisk(`cannot write ${target}`, rename(draft, target));
  await onDisk(`cannot write ${target}`, syncFolder(path.dirname(target)));
}

const atOnce = 16;

/** Gives many finished drafts, each in the folder `from`, the same names in the folder `to`, in any order. */
export async function publishAll(from: string, to: string, names: readonly string[]): Promise<void> {
  const left = [...names];
  const worker = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined; name = left.pop())
      await onDisk(`cannot write ${path.join(to, name)}`, rename(path.join(from, name), path.join(to, name)));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  await onDisk(`cannot write ${to}`, syncFolder(to));
}

/** Takes a file away, in the same step as it shows that the lock is still ours; if it is not, the file stays. One that is gone is as good. */
export async function discard({ held }: LockedFolder, file: string): Promise<void> {
  const away = path.join(held, randomUUID());
  await ifThere(`cannot remove ${file}`, rename(file, away));
  await onDisk(`cannot remove ${file}`, rm(away, { force: true }));
}

/** Replaces a file in one step: old or new, never half. Throws LOCAL, and then the old one is there. */
export async function writeDurably(folder: Folder | LockedFolder, target: string, contents: string | Uint8Array): Promise<void> {
  const draft = newTemporaryPath(folder);
  try {
    const handle = await onDisk(`cannot write ${draft}`, open(draft, 'wx', 0o644));
    try {
      await onDisk(`cannot write ${draft}`, handle.writeFile(contents));
      await onDisk(`cannot write ${draft}`, handle.sync());
    } finally {
      await handle.close();
    }
    await publish(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
