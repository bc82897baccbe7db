import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  futimesSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ImgctlError, localError } from '../../core/errors.ts';
import { ownFolder, type Home } from '../../host/paths.ts';
import { makeFolder } from '../../host/mkdir.ts';
import { isPrivateFolder, readPrivateFile } from '../../host/private-file.ts';
import { codeOf, reasonOf } from '../../host/system-error.ts';
import type { Entry } from './entry.ts';
import { linesOf, type WrittenLines } from './read-journal.ts';

const extension = '.jsonl';
/** `20261128-183000-a1b2c3`: when the run began, UTC to the millisecond, and what tells it from others of that time. */
const runIds = /^\d{8}-\d{6}-[0-9a-f]{6}$/;

/** Between the signs of life of a run, for who cannot look at its process. */
export const beatMs = 60_000;

/** Folder of the journal. Throws CONFIG where this user has no home. */
export const journalFolder = (home: Home): string => path.join(ownFolder('data', home), 'journal');

/** Ids of the runs that there are, the newest first. None where there is no journal. Throws LOCAL where it cannot be read. */
export function runIdsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(extension) && runIds.test(name.slice(0, -extension.length)))
      .map((name) => name.slice(0, -extension.length))
      .sort()
      .reverse();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw localError(`cannot read the journal ${folder}: ${reasonOf(error)}`, { cause: error });
  }
}

const fileOf = (folder: string, id: string): string => path.join(folder, `${id}${extension}`);

/** The lines of a run, and its last sign of life. Throws LOCAL where the file cannot be read, or may be another user's. */
export function readRun(folder: string, id: string): WrittenLines {
  const file = fileOf(folder, id);
  try {
    return { ...linesOf(readPrivateFile(file).toString('utf8')), writtenMs: statSync(file).mtimeMs };
  } catch (error) {
    throw localError(`cannot read the journal ${file}: ${reasonOf(error)}`, { cause: error });
  }
}

/** As `readRun`; absent where the file cannot be read, or may be another user's: `unreadable` is told why. */
export function tryReadRun(folder: string, id: string, unreadable: (reason: ImgctlError) => void): WrittenLines | undefined {
  try {
    return readRun(folder, id);
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    unreadable(error);
    return undefined;
  }
}

/** Removes a run from the journal; one that is gone already is no failure. */
export const forgetRun = (folder: string, id: string): void => rmSync(fileOf(folder, id), { force: true });

/** A file of the journal that lines are added to. Each line is one write, so that several processes may add to one file. */
export interface JournalFile {
  readonly id: string;
  add(entry: Entry): void;
  /** Resolves when what was added is on the disk. */
  sync(): Promise<void>;
  /** A sign of life. */
  beat(): void;
  close(): void;
}

const synced = promisify(fdatasync);
const { O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_NOFOLLOW = 0 } = constants;

/** Makes the file of a new run, in a folder that only this user may read. Throws what the system says. */
export function newRun(folder: string, nowMs: number): JournalFile {
  makeFolder(folder, 0o700);
  if (!isPrivateFolder(folder)) throw new Error(`${folder} is a link, or others may write to it`);
  for (;;) {
    const id = newId(nowMs);
    try {
      return opened(id, openSync(fileOf(folder, id), O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** In the order of time: its last part begins with the milliseconds. */
function newId(nowMs: number): string {
  const [day = '', time = '', ms = ''] = new Date(nowMs).toISOString().replace(/[-:Z]/g, '').split(/[T.]/);
  return `${day}-${time}-${ms}${randomBytes(2).toString('hex').slice(1)}`;
}

/** The file of a run that is there, to add what became of it: that is no sign of life of it. Throws what the system says. */
export function openRun(folder: string, id: string): JournalFile {
  const handle = openSync(fileOf(folder, id), O_RDWR | O_APPEND | O_NOFOLLOW);
  const { atime, mtime } = fstatSync(handle);
  const file = opened(id, handle);
  return {
    ...file,
    close() {
      futimesSync(handle, atime, mtime);
      file.close();
    },
  };
}

function opened(id: string, handle: number): JournalFile {
  // A run that was killed in the middle of a line: ours begins on one of its own.
  let before = endsInLine(handle) ? '' : '\n';
  return {
    id,
    add(entry) {
      const line = Buffer.from(`${before}${JSON.stringify(entry)}\n`);
      before = '';
      const written = writeSync(handle, line);
      if (written < line.length) throw new Error('no space left on device');
    },
    sync: () => synced(handle),
    beat: () => futimesSync(handle, new Date(), new Date()),
    close: () => closeSync(handle),
  };
}

function endsInLine(handle: number): boolean {
  const { size } = fstatSync(handle);
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(handle, last, 0, 1, size - 1);
  return last.toString() === '\n';
}
