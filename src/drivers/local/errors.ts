import { abortedError, conflictError, ImgctlError, localError, notFoundError } from '../../core/errors.ts';
import { fillingOf } from '../../core/hint.ts';
import { errnoCode, errnoMessage } from '../../core/errno.ts';

/** What an error of the file system stands for: LOCAL, saying `what` could not be done. Any other error is given back as it is. */
export const errorFrom = (error: unknown, what: string): unknown =>
  error instanceof ImgctlError || errnoCode(error) === undefined
    ? error
    : localError(`${what}: ${errnoMessage(error)}`, { cause: error });

/** What the file system answers. Throws `errorFrom` what it fails with. */
export const onDisk = <T>(what: string, work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => Promise.reject(errorFrom(error, what)));

/** What the file system answers, or undefined if there is no such file. */
export async function ifThere<T>(what: string, work: Promise<T>): Promise<T | undefined> {
  return onDisk(
    what,
    work.catch((error: unknown) => {
      if (errnoCode(error) === 'ENOENT') return undefined;
      throw error;
    }),
  );
}

/** Throws ABORTED once the signal has fired. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortedError('interrupted');
}

/** The refusal of an id that no image has. */
export function imageNotFound(id: string, folder: string): ImgctlError {
  return notFoundError(`image ${id.slice(0, 200)} not found in ${folder}`, {
    hint: 'List images with:',
    next: [{ verb: 'list' }],
  });
}

/** The refusal of an image that has no disk yet. */
export function noData(id: string, status: string): ImgctlError {
  return conflictError(`image ${id} is ${status} (no data uploaded yet)`, {
    hint: 'Upload its data with:',
    next: [fillingOf(id)],
  });
}
