import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import path from 'node:path';
import { configError } from '../core/errors.ts';
import { codeOf, reasonOf } from './system-error.ts';
import { withoutBom } from './text-file.ts';

/*
 * Files of ours below a folder that somebody else may have made. They are looked at once they are open, and never before by
 * their names; opening waits for nothing, as a FIFO would have it.
 */

/** Absent on Windows, where nobody's id and no such bits are kept. */
const ownId = process.getuid?.();
const [writableByOthers, writableByAnybody] = [0o022, 0o002];
/** Not every platform has these. */
const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

const isOurs = ({ uid, mode }: Stats): boolean => ownId === undefined || (uid === ownId && (mode & writableByOthers) === 0);

/** Whether a folder, and the one that it lies in, are this user's, and nobody else may write to them. No links. */
export function isPrivateFolder(folder: string): boolean {
  return [folder, path.dirname(folder)].every((each) => {
    const facts = lstatSync(each, { throwIfNoEntry: false });
    return facts !== undefined && facts.isDirectory() && isOurs(facts);
  });
}

/** Reads a file that only this user can have written. Throws for any other, for a link, and where there is none. */
export function readPrivateFile(file: string): Buffer {
  const handle = openSync(file, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  try {
    const facts = fstatSync(handle);
    if (!facts.isFile() || facts.nlink > 1 || !isOurs(facts)) throw new Error("it may be another user's, or is no plain file");
    return readFileSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * The text of a configuration file; absent if there is none. It may be a link, and root's: so are files that are handed to
 * containers. Throws CONFIG for one that cannot be read, or that somebody else may have written.
 */
export function trustedText(file: string): string | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(file, O_RDONLY | O_NONBLOCK);
    checkTrusted(file, fstatSync(handle));
    return withoutBom(readFileSync(handle, 'utf8'));
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw configError(`cannot read ${file}: ${reasonOf(error)}`, {
      hint: 'Use a folder of your own: IMGCTL_CONFIG_DIR=FOLDER',
      cause: error,
    });
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** To root, users' files come by sudo and by containers, under whatever ids. */
const isTrusted = (uid: number): boolean => ownId === undefined || ownId === 0 || uid === 0 || uid === ownId;

function checkTrusted(file: string, facts: Stats): void {
  if (!facts.isFile()) throw configError(`${file} is not a regular file`, { hint: 'Move it out of the way.' });
  if (!isTrusted(facts.uid))
    throw configError(`${file} belongs to another user`, { hint: 'Use a folder of your own: IMGCTL_CONFIG_DIR=FOLDER' });
  if (ownId !== undefined && (facts.mode & writableByAnybody) !== 0)
    throw configError(`${file} can be written to by anybody`, { hint: `Restrict it with: chmod 600 ${file}` });
}
