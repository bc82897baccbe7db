import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errnoCode, errnoMessage } from '../../core/errno.ts';
import { conflictError, localError, usageError } from '../../core/errors.ts';
import type { ReadText, TreeFormat } from '../../core/publication.ts';
import { readRegularFile } from '../../host/read-file.ts';

/** Beside it lies the lock of whoever publishes, and in that what is not whole yet. */
export const lockName = '.imgctl';
const isLock = (name: string): boolean => name.startsWith(`${lockName}.lock`);

/** Absent for a file that is not there. Throws LOCAL for one that cannot be read. */
export const unlessMissing = async <T>(work: Promise<T>, file: string): Promise<T | undefined> =>
  work.catch((error: unknown) => {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw localError(`cannot read ${file}: ${errnoMessage(error)}`, { cause: error });
  });

/** Reads files below a folder. Throws LOCAL for what is there and cannot be read: it must not be taken for missing. */
export const reader =
  (folder: string): ReadText =>
  async (name) => {
    const file = path.join(folder, name);
    return (await unlessMissing(readRegularFile(file), file))?.toString();
  };

/** Whether there is a tree of the format. */
export async function holdsTree(folder: string, { start }: Pick<TreeFormat, 'start'>): Promise<boolean> {
  const file = path.join(folder, start);
  return (await unlessMissing(stat(file), file)) !== undefined;
}

/**
 * Whether the folder may be published into: it holds a tree of the format, or nothing. Throws USAGE for what is no folder, CONFLICT
 * for one that holds something else.
 */
export async function checkFolder(folder: string, { start, documents }: TreeFormat): Promise<void> {
  if (folder === '-') throw usageError('publish writes into a folder: specify FOLDER');
  const found = await unlessMissing(stat(folder), folder);
  if (!found) return;
  if (!found.isDirectory()) throw usageError(`${folder} is not a folder`);
  if (await holdsTree(folder, { start })) return;
  const other = await somethingElse(folder, '', new Set(documents));
  if (other !== undefined)
    throw conflictError(`${folder} holds ${other} and no ${start}: it is not a published tree`, {
      hint: 'Specify an empty folder, or one that does not exist.',
    });
}

/** A file that a tree does not have before its start is written. */
async function somethingElse(folder: string, below: string, documents: ReadonlySet<string>): Promise<string | undefined> {
  for (const entry of (await unlessMissing(readdir(path.join(folder, below), { withFileTypes: true }), folder)) ?? []) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (documents.has(name) || (below === '' && isLock(name))) continue;
    const leadsToOne = entry.isDirectory() && [...documents].some((document) => document.startsWith(`${name}/`));
    const other = leadsToOne ? await somethingElse(folder, name, documents) : name;
    if (other !== undefined) return other;
  }
  return undefined;
}
