import { randomUUID } from 'node:crypto';
import { chown, mkdir, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Lock } from '../core/driver.ts';
import { configError, localError, type ImgctlError } from '../core/errors.ts';
import { makeFolder } from '../host/mkdir.ts';
import { trustedText } from '../host/private-file.ts';
import { reasonOf } from '../host/system-error.ts';
import { emptyBook, parseBook, type ProfileBook } from './schema.ts';

/** The file that profiles are kept in. */
export interface ProfileStore {
  readonly path: string;
  /** What is stored; an empty book if there is no file yet. Throws CONFIG if the file is damaged. */
  read(): Promise<ProfileBook>;
  /** Reads, changes and writes while no other process does. A damaged file is left as it is (CONFIG). */
  change(change: (book: ProfileBook) => ProfileBook): Promise<ProfileBook>;
}

const configName = 'config';
/** Where a new file is written before it gets its name. */
const draftPattern = /^config\.json\.tmp-[0-9a-f-]+$/;

const fileIn = (folder: string): string => path.join(folder, `${configName}.json`);

/** What the store in `folder` holds; an empty book if there is none. Throws CONFIG if it is damaged, or somebody else may have written it. */
export async function readBook(folder: string): Promise<ProfileBook> {
  const text = trustedText(fileIn(folder));
  return text === undefined ? emptyBook : parseBook(text, fileIn(folder));
}

/** Removes the drafts of processes that were killed while writing: they hold secrets. Call under the lock. */
async function removeDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => draftPattern.test(name));
  await Promise.all(drafts.map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
}

/** Has conf write the book beside `file`, and gives the path. conf makes folders that are missing: so it gets one that is no lock's. */
async function writeDraft(file: string, book: ProfileBook): Promise<string> {
  const draft = path.join(path.dirname(file), `${configName}.json.tmp-${randomUUID()}`);
  const { default: Conf } = await import('conf');
  await mkdir(draft, { mode: 0o700 });
  const store = new Conf<Record<string, unknown>>({
    cwd: draft,
    configName,
    projectName: 'imgctl',
    projectSuffix: '',
    configFileMode: 0o600,
    accessPropertiesByDotNotation: false,
    clearInvalidConfig: false,
  });
  try {
    store.store = { ...book };
  } catch (error) {
    if (!modeRefused(error)) {
      await rm(draft, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    }
    await writeFile(fileIn(draft), JSON.stringify(book, undefined, '\t'), { mode: 0o600, flush: true });
  }
  return fileIn(draft);
}

/** Throws CONFIG where the folder cannot be made. */
function prepare(folder: string): void {
  try {
    makeFolder(folder, 0o700);
  } catch (cause) {
    throw configError(`cannot make the folder ${folder}: ${reasonOf(cause)}`, {
      hint: 'Use another folder: IMGCTL_CONFIG_DIR=FOLDER',
      cause,
    });
  }
}

/** A store where there can be none: nothing is in it, and changing it throws `reason`. */
export const absentStore = (reason: ImgctlError): ProfileStore => ({
  path: '(none)',
  read: async () => emptyBook,
  change: () => Promise.reject(reason),
});

/** conf sets the file's mode, which not every file system lets it: whether the file is private is looked at afterwards. */
const modeRefused = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && (error.syscall === 'chmod' || error.syscall === 'fchmod');

const readableByOthers = 0o077;

/** Throws LOCAL where the file system has no modes, and shows all files to everybody. */
async function checkPrivate(draft: string): Promise<void> {
  if (process.platform === 'win32' || ((await stat(draft)).mode & readableByOthers) === 0) return;
  throw localError('profiles cannot be kept there: its file system shows all files to other users', {
    hint: 'Use a folder on another file system: IMGCTL_CONFIG_DIR=FOLDER',
  });
}

/** Root leaves a user's file to the user (sudo, containers), where there are owners. */
async function keepOwner(file: string, draft: string): Promise<void> {
  const before = process.getuid?.() === 0 ? await stat(file).catch(() => undefined) : undefined;
  if (before) await chown(draft, before.uid, before.gid).catch(() => undefined);
}

/** The store in `folder`. Reading parses the file; conf is loaded only for writing. The file is replaced in one step. */
export function profileStore(folder: string, lock: Lock): ProfileStore {
  const file = fileIn(folder);
  return {
    path: file,
    read: () => readBook(folder),
    async change(change) {
      prepare(folder);
      // Some keep the file elsewhere, with a link to it here.
      const real = await realpath(file).catch(() => file);
      return lock(real, async (held) => {
        await removeDrafts(path.dirname(real));
        const changed = change(await readBook(folder));
        const draft = await writeDraft(real, changed);
        await checkPrivate(draft);
        await keepOwner(real, draft);
        // By way of the lock's own folder, which is gone if the lock is.
        const last = path.join(held.folder, `${configName}.json`);
        await rename(draft, last);
        await rename(last, real);
        await rm(path.dirname(draft), { recursive: true, force: true }).catch(() => undefined);
        return changed;
      });
    },
  };
}
