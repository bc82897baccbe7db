import { readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { onDisk } from './errors.ts';
import { temporaryFilesPath, type Folder } from './folder.ts';

/** Bytes that are written to the end and synced, and have no name yet. Whoever gets it removes the file. */
export interface TemporaryFile {
  readonly file: string;
  readonly digest: string;
  readonly size: number;
}

/** Milliseconds between signs of life of a draft that waits for its next bytes. */
const beatMs = 5_000;
/** Milliseconds without a sign of life after which a draft was left by a process that died; clocks of two machines may differ. */
const deadMs = 60_000;

/** Has a draft, or a folder of them, show signs of life until what comes back is called. */
export function beginHeartbeat(draft: string): () => void {
  const beat = (): void => {
    const now = new Date();
    utimes(draft, now, now).catch(() => undefined);
  };
  const timer = setInterval(beat, beatMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Runs `work` on a draft, which shows signs of life meanwhile, however long its source keeps it waiting. */
export async function withHeartbeat<T>(draft: string, work: () => Promise<T>): Promise<T> {
  const end = beginHeartbeat(draft);
  try {
    return await work();
  } finally {
    end();
  }
}

/** What `newDraft` calls them; what has another name is somebody else's. */
const draftPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a name is one that a draft of ours can have. */
export const isDraftName = (name: string): boolean => draftPattern.test(name);

/**
 * Gives back the space of drafts that dead processes left, and of folders full of them. What cannot be removed now is nobody's
 * failure: the next run tries again.
 */
export async function removeStaleFiles(folder: Folder): Promise<void> {
  const drafts = temporaryFilesPath(folder);
  for (const entry of await onDisk(`cannot read ${drafts}`, readdir(drafts, { withFileTypes: true }))) {
    // A link is neither.
    if (!(entry.isFile() || entry.isDirectory()) || !isDraftName(entry.name)) continue;
    const file = path.join(drafts, entry.name);
    const there = await stat(file).catch(() => undefined);
    if (there && Date.now() - there.mtimeMs > deadMs) await removeTemporaryFile(file);
  }
}

/** Takes a draft away that is of no more use. What cannot be removed is cleared away by a later run, and no failure of this one. */
export const removeTemporaryFile = (file: string): Promise<void> =>
  rm(file, { force: true, recursive: true }).catch(() => undefined);
