import { ImgctlError, localError } from '../core/errors.ts';
import { readSmallFile, type ReadLimits } from './read-file.ts';
import { codeOf, reasonOf } from './system-error.ts';

/** A text without the mark that editors of Windows put before it. */
export const withoutBom = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text);

const absentCodes = new Set(['ENOENT', 'ENOTDIR']);

/**
 * A file's text as UTF-8, absent if there is none. Throws LOCAL if it is there and cannot be read, is larger than 16 MiB, or
 * is a pipe that does not end in time; ABORTED when the run is stopped.
 */
export async function readTextFile(file: string, patience?: ReadLimits): Promise<string | undefined> {
  try {
    return withoutBom((await readSmallFile(file, patience)).toString('utf8'));
  } catch (error) {
    if (error instanceof ImgctlError) throw error;
    if (absentCodes.has(codeOf(error) ?? '')) return undefined;
    throw localError(`cannot read ${file}: ${reasonOf(error)}`, { cause: error });
  }
}
