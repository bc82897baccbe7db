import { existsSync } from 'node:fs';
import path from 'node:path';
import { ImgctlError, usageError } from '../../core/errors.ts';
import { commandLine } from '../../core/hint.ts';

const endings = /\.(?:raw|img|qcow2|vmdk|vhdx?|vdi|iso|ova|tar|gz|xz|zst|bz2)$/i;

/** Whether a text is rather a file than a profile or an image. */
export const looksLikeFile = (text: string): boolean => /^(?:\.{0,2}|~)\//.test(text) || endings.test(text);

/** For an image that was not found: a file of that name is meant for another verb. */
export function notAnImage(error: unknown, file: string, target: string, region: string | undefined): unknown {
  if (!(error instanceof ImgctlError) || error.code !== 'NOT_FOUND' || !existsSync(file)) return error;
  const stem = path.basename(file).replace(endings, '');
  const name = target.includes(':') ? target : `${target}:${stem}`;
  return usageError(`${file} is a file, not an image`, {
    hint: `Upload it with: ${commandLine({ verb: 'upload', args: [file], options: { name } }, { region })}`,
  });
}
