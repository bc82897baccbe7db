import { existsSync } from 'node:fs';
import path from 'node:path';
import { usageError } from '../../core/errors.ts';
import { fileSource } from '../../transfer/file-source.ts';
import { persistentSource } from '../../transfer/resume.ts';
import { streamSource, type Source } from '../../transfer/source.ts';
import { urlSource } from '../../transfer/url-source.ts';
import type { Surface } from '../../cli/program/context.ts';

/** Standard input by its other names. */
const standardInput = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

/** The file or URL, as it is typed; absent for a pipe, which has no file name. */
export const fileOf = (text: string): string | undefined => (standardInput.has(text) ? undefined : text);

/** What `upload`, `convert` and `inspect` read from: a file, a pipe, `-`, or a URL. */
export async function sourceFrom(text: string, surface: Surface): Promise<Source> {
  if (standardInput.has(text)) {
    if (surface.io.stdinIsTerminal)
      throw usageError('standard input is a terminal, not a disk image', { hint: 'Pipe the image in, or specify a file.' });
    return streamSource('standard input', () => surface.stdinBytes(), surface.signal);
  }
  if (/^https?:\/\//i.test(text)) {
    if (!URL.canParse(text)) throw usageError('not a valid URL', { hint: 'Use https://HOST/PATH.' });
    const call = surface.call();
    return persistentSource(await urlSource(text, (await surface.tools()).http, call), call);
  }
  const [scheme] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? [];
  if (scheme !== undefined && !existsSync(text))
    throw usageError(`${scheme} is not supported: a source is a file, -, or a URL with http:// or https://`, {
      hint:
        scheme.toLowerCase() === 'file://' ? 'Use the path of the file alone.' : 'Download it first, or pipe it in and use -.',
    });
  return fileSource(path.normalize(text), surface.signal);
}
