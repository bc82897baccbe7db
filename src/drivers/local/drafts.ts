import { readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { ifThere, onDisk } from './failure.ts';
import { draftsPath, type Folder } from './folder.ts';

/** Milliseconds between signs of life of a draft that waits for its next bytes. */
const beatMs = 5_000;
/** Milliseconds without a sign of life after which a draft was left by a process that died; clocks of two machines may differ. */
const deadMs = 60_000;

/** Runs `work` on a draft, which shows signs of life meanwhile, however long its source keeps it waiting. */
export async function keptAlive<T>(draft: string, work: () => Promise<T>): Promise<T> {
  const beat = (): void => {
    const now = new Date();
    utimes(draft, now, now).catch(() => undefined);
  };
  const timer = setInterval(beat, beatMs);
  timer.unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Gives back the space of drafts that dead processes left. */
export const clearDrafts = (folder: Folder): Promise<void> => removeOld(draftsPath(folder), deadMs, () => true);

/** Removes files of a folder that may go and were last written more than `ageMs` ago. */
export async function removeOld(
  folderPath: string,
  ageMs: number,
  mayGo: (name: string) => boolean,
  remove: (file: string) => Promise<void> = (file) => onDisk(`removing ${file}`, rm(file, { force: true })),
): Promise<void> {
  for (const entry of await onDisk(`reading ${folderPath}`, readdir(folderPath, { withFileTypes: true }))) {
    if (!entry.isFile() || !mayGo(entry.name)) continue;
    const file = path.join(folderPath, entry.name);
    const there = await ifThere(`looking at ${file}`, stat(file));
    if (there && Date.now() - there.mtimeMs > ageMs) await remove(file);
  }
}
