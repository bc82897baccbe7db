/** What the codes of the system mean, in the words that its own tools use. */
const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'device or resource busy',
  EDQUOT: 'disk quota exceeded',
  EEXIST: 'it already exists',
  EFBIG: 'file too large for this file system',
  EINVAL: 'invalid argument',
  EIO: 'input/output error',
  EISDIR: 'it is a folder',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'file name too long',
  ENFILE: 'too many open files',
  ENODEV: 'no such device',
  ENOENT: 'no such file or folder',
  ENOMEM: 'out of memory',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'not a folder',
  ENXIO: 'no such device',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  ESTALE: 'stale file handle',
  ETXTBSY: 'file in use',
};

/** The code of an error of the system, such as `ENOSPC`; absent in what is none. */
export function errnoCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  // Node's own codes begin with ERR_: those are mistakes of the program.
  return /^E(?!RR_)[A-Z0-9]{2,}$/.test(error.code) ? error.code : undefined;
}

/** What an error of the system says, for people, with its code; without names of files, which may be temporary ones. */
export function errnoMessage(error: unknown): string {
  const code = errnoCode(error);
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return words[code] === undefined ? code : `${words[code]} (${code})`;
}
