import { abortedError, conflictError, ImgctlError, localError, notFoundError } from '../../core/errors.ts';
import { systemWords } from '../../core/system-words.ts';

/** The `code` of a file system's error (`ENOENT`); absent for anything else. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && !(error instanceof ImgctlError)
    ? error.code
    : undefined;

const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on device',
  EDQUOT: 'disk quota exceeded',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  EMFILE: 'too many open files',
  ENOTDIR: 'part of the path is not a folder',
  EISDIR: 'is a folder',
  ELOOP: 'too many symbolic links',
  EIO: 'input/output error',
};

/** What the file system answers, with its errors as LOCAL errors that say what was being done. */
export async function onDisk<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw localError(`${what}: ${meanings[code] ?? systemWords(error)}`, { cause: error });
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

/** What went wrong, in words. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Throws ABORTED once the signal has fired. */
export function goOn(signal: AbortSignal): void {
  if (signal.aborted) throw abortedError('interrupted');
}

/** The refusal of an id that no image has. */
export function noSuchImage(id: string, folder: string): ImgctlError {
  return notFoundError(`image ${id.slice(0, 200)} not found in ${folder}`, {
    hint: 'List images with:',
    next: [{ command: 'imgctl list -p PROFILE' }],
  });
}

/** The refusal of an image that has no disk yet. */
export function noData(id: string, status: string): ImgctlError {
  return conflictError(`image ${id} is ${status} (no data uploaded yet)`, {
    hint: 'Upload its data with:',
    next: [{ command: 'imgctl upload FILE --into IMAGE', image: id }],
  });
}
