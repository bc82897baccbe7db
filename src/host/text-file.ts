import { readFile } from 'node:fs/promises';
import { localError } from '../core/errors.ts';
import { codeOf, reasonOf } from './system-error.ts';

const absentCodes = new Set(['ENOENT', 'ENOTDIR']);

/** A file's text as UTF-8, absent if there is none. Throws LOCAL if it is there and cannot be read. */
export async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (absentCodes.has(codeOf(error) ?? '')) return undefined;
    throw localError(`cannot read ${file}: ${reasonOf(error)}`, { cause: error });
  }
}
