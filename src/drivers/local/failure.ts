import { abortedError, ImgctlError, localError, notFoundError } from '../../core/errors.ts';

/** The `code` of a file system's error (`ENOENT`); absent for anything else. */
const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && !(error instanceof ImgctlError)
    ? error.code
    : undefined;

const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  ENOTDIR: 'something in the path is no folder',
  EISDIR: 'it is a folder',
  EIO: 'the device failed',
};

/** What the file system answers, with its errors as LOCAL errors that say what was being done. */
export async function onDisk<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw localError(`${what}: ${meanings[code] ?? code}`, { cause: error });
  }
}

/** What the file system answers, or undefined if there is no such file. */
export async function ifThere<T>(what: string, work: Promise<T>): Promise<T | undefined> {
  return onDisk(
    what,
    work.catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }),
  );
}

/** Throws ABORTED once the signal has fired. */
export function goOn(signal: AbortSignal): void {
  if (signal.aborted) throw abortedError('stopped');
}

/** The refusal of an id that no image has. */
export function noSuchImage(id: string, folder: string): ImgctlError {
  return notFoundError(`no image ${id.slice(0, 200)} in ${folder}`, { hint: 'imgctl list shows what is there' });
}
