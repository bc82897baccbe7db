import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { configError, ImgctlError } from '../../core/errors.ts';
import { withHome, type Home } from '../../host/paths.ts';
import { readSmallFile } from '../../host/read-file.ts';
import { codeOf, reasonOf } from '../../host/system-error.ts';
import { isMinisignKey } from './policy.ts';

/** Where keys are named: an option as it is typed, or a field. */
export type KeysNamed = '--verify gpg:FILE' | '--verify minisign:FILE' | 'keyring' | 'keyring in the profile';

/** What to do for keys to be known. */
export const giveKeys = (named: KeysNamed, keys = 'keys'): string =>
  named.startsWith('--') ? `Use ${named} with a file that holds ${keys}.` : `Set ${named} to a file with ${keys}.`;

/** Folders in which operating systems keep the keys of publishers. */
export const wellKnownFolders = ['/usr/share/keyrings', '/usr/share/distribution-gpg-keys', '/etc/pki/rpm-gpg'] as const;

/** Keyrings of a publisher are smaller. What is larger holds the keys of people (all of Debian's developers). */
const largestKnownBytes = 1024 * 1024;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'it may not be read by you',
  EISDIR: 'it is a folder',
};

const armour = '-----BEGIN ';

/**
 * The keys that are given: armoured text, a file, or several files separated by commas. `what` says where they were given.
 * Throws CONFIG where one cannot be read.
 */
export async function keysGiven(given: string, what: KeysNamed, home: Home): Promise<readonly Uint8Array[]> {
  if (given.includes(armour)) return [Buffer.from(given)];
  const files = given.split(',').flatMap((one) => (one.trim() === '' ? [] : [withHome(one.trim(), home)]));
  if (files.length === 0) throw configError(`${what} names no file`, { hint: giveKeys(what) });
  return Promise.all(files.map((file) => keyFile(file, what)));
}

async function keyFile(file: string, what: KeysNamed): Promise<Uint8Array> {
  const bytes = await readSmallFile(file).catch((cause: unknown) => {
    if (cause instanceof ImgctlError) throw cause;
    throw configError(`cannot read ${file}: ${reasons[codeOf(cause) ?? ''] ?? reasonOf(cause)}`, {
      hint: giveKeys(what),
      cause,
    });
  });
  if (bytes.length === 0) throw configError(`${file} is empty`, { hint: giveKeys(what) });
  return bytes;
}

/** A key of minisign or signify: the text of one, or what stands in a file. Throws CONFIG where that cannot be read. */
export async function minisignKey(given: string, what: KeysNamed, home: Home): Promise<string> {
  return isMinisignKey(given) ? given : Buffer.from(await keyFile(withHome(given, home), what)).toString();
}

/** The keys that this machine knows, by what its packages have installed; those that cannot be read are passed over. */
export async function knownKeys(folders: readonly string[] = wellKnownFolders): Promise<readonly Uint8Array[]> {
  const files = await Promise.all(folders.map(filesIn));
  const read = await Promise.all(files.flat().map(smallFile));
  const { openKeyring } = await import('../../transfer/trust/openpgp/keyring.ts');
  return read.flatMap((bytes) => (bytes && opens(() => openKeyring([bytes])) ? [bytes] : []));
}

/** What lies in those folders may be something else, or damaged. */
function opens(open: () => unknown): boolean {
  try {
    open();
    return true;
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    return false;
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** Absent for what is no keyring, is too large, or cannot be read: nobody has named it. */
async function smallFile(file: string): Promise<Uint8Array | undefined> {
  const facts = await stat(file).catch(() => undefined);
  if (!facts?.isFile() || facts.size > largestKnownBytes) return undefined;
  return readSmallFile(file).catch(() => undefined);
}
