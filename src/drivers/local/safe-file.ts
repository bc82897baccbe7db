import { constants, readFile } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { localError, type ImgctlError } from '../../core/errors.ts';
import { errnoCode } from '../../core/errno.ts';
import { ifThere, onDisk } from './errors.ts';

/* What lies in a store may have been put there by anybody who can write to it: a link to a file of somebody else's, or a FIFO. */

/** Not every platform has these. */
const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

const link = 'a symbolic link, which is not followed';

/** The refusal of what has the name of a file or folder of ours. */
export const notOurs = (file: string, what: string): ImgctlError =>
  localError(`${file} is ${what}`, { hint: 'Move it out of the way, then try again.' });

/** Opens a file to be read, without waiting for anybody. Throws what the system says, and LOCAL for what is no regular file. */
export async function openToRead(file: string, flags = 0): Promise<FileHandle> {
  const handle = await open(file, O_RDONLY | O_NONBLOCK | flags);
  try {
    if ((await handle.stat()).isFile()) return handle;
    throw notOurs(file, 'not a regular file');
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** What opening a file comes to that is not to be a link. A folder above it may be a circle of links: that is another failure. */
async function noLink(file: string, opened: Promise<FileHandle>): Promise<FileHandle> {
  try {
    return await opened;
  } catch (error) {
    const isLink = errnoCode(error) === 'ELOOP' && (await lstat(file).catch(() => undefined))?.isSymbolicLink();
    throw isLink ? notOurs(file, link) : error;
  }
}

/** This one reads a large file into one buffer; that of a handle joins one of many. */
const readWhole = promisify(readFile);

/** Contents of a file that nobody is to keep elsewhere; absent if it is not there. Throws LOCAL, also for a link. */
export async function readSafely(file: string): Promise<Buffer | undefined> {
  const handle = await ifThere(`cannot read ${file}`, noLink(file, openToRead(file, O_NOFOLLOW)));
  return handle && onDisk(`cannot read ${file}`, readWhole(handle.fd)).finally(() => handle.close());
}

/** Throws LOCAL where a name that is to be a folder in which we alone make, move and remove files is a link, or something else. */
export async function checkFolder(folder: string): Promise<void> {
  const found = await onDisk(`cannot read ${folder}`, lstat(folder));
  if (!found.isDirectory()) throw notOurs(folder, found.isSymbolicLink() ? link : 'not a folder');
}

/**
 * Adds text to a file of ours, which is made if it is not there. Throws LOCAL where something else has its name: a link could
 * lead to a file of somebody else's.
 */
export async function appendSafely(file: string, text: string): Promise<void> {
  const opened = open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
  const handle = await onDisk(`cannot write ${file}`, noLink(file, opened));
  try {
    const found = await handle.stat();
    if (!found.isFile() || found.nlink !== 1) throw notOurs(file, 'not a regular file of its own');
    await onDisk(`cannot write ${file}`, handle.writeFile(text));
  } finally {
    await handle.close();
  }
}
