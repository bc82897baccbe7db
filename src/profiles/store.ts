import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Lock } from '../core/driver.ts';
import { localError } from '../core/errors.ts';
import { textOf } from '../host/text-file.ts';
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
/** What conf writes to before it renames. */
const draftPattern = /^config\.json\.tmp-[0-9a-f]+$/;

/** Removes the drafts of processes that were killed while writing: they hold secrets. Call under the lock. */
async function removeDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => draftPattern.test(name));
  await Promise.all(drafts.map((name) => rm(path.join(folder, name), { force: true })));
}

/** The store in `folder`. Reading parses the file; conf is loaded only for writing, which is atomic. */
export function profileStore(folder: string, lock: Lock): ProfileStore {
  const file = path.join(folder, `${configName}.json`);
  const read = async (): Promise<ProfileBook> => {
    const text = await textOf(file);
    return text === undefined ? emptyBook : parseBook(text, file);
  };
  return {
    path: file,
    read,
    async change(change) {
      await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
        throw localError(`cannot make the folder ${folder}`, { cause: error });
      });
      return lock(file, async () => {
        await removeDrafts(folder);
        const changed = change(await read());
        const { default: Conf } = await import('conf');
        const store = new Conf<Record<string, unknown>>({
          cwd: folder,
          configName,
          projectName: 'imgctl',
          projectSuffix: '',
          configFileMode: 0o600,
          accessPropertiesByDotNotation: false,
          clearInvalidConfig: false,
        });
        store.store = { ...changed };
        return changed;
      });
    },
  };
}
