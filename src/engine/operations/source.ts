import { existsSync } from 'node:fs';
import path from 'node:path';
import { usageError } from '../../core/errors.ts';
import { given } from '../../core/image.ts';
import { fileSource } from '../../transfer/file-source.ts';
import { resumingSource } from '../../transfer/resume.ts';
import { streamSource, type Source } from '../../transfer/source.ts';
import type { TransferOptions } from '../../transfer/transfer-options.ts';
import { urlSource } from '../../transfer/url-source.ts';
import type { EngineContext } from '../context.ts';
import { isUrl } from '../trust/beside.ts';

/** Standard input by its other names. */
const standardInput = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

/** The file or URL, as it is typed; absent for a pipe, which has no file name. */
export const fileOf = (text: string): string | undefined => (standardInput.has(text) ? undefined : text);

/** Where a disk is read from, as it was typed. */
export interface Origin {
  /** The file or URL; absent for a pipe, which has no name. */
  readonly file: string | undefined;
  /** It comes over the network. */
  readonly isRemote: boolean;
  /** Opens it. Throws as `sourceFrom` does. */
  open(): Promise<Source>;
}

export const originOf = (text: string, context: EngineContext): Origin => ({
  file: fileOf(text),
  isRemote: isUrl(text),
  open: () => sourceFrom(text, context),
});

/** The same source, whose signature is judged where one is asked for. Closes it where it is bad: throws as `signedSource`. */
export async function withSignature(source: Source, { signature }: Pick<TransferOptions, 'signature'>): Promise<Source> {
  if (!signature) return source;
  const { signedSource } = await import('../../transfer/signed-source.ts');
  return signedSource(source, signature).catch(async (error: unknown) => {
    await source.close();
    throw error;
  });
}

/** What `upload`, `convert` and `inspect` read from: a file, a pipe, `-`, or a URL. */
export async function sourceFrom(text: string, context: EngineContext): Promise<Source> {
  if (standardInput.has(text)) {
    const bytes = context.stdinBytes();
    return streamSource('standard input', () => bytes, context.signal);
  }
  if (isUrl(text)) {
    if (!URL.canParse(text)) throw usageError('not a valid URL', { hint: 'Use https://HOST/PATH.' });
    const call = context.call();
    const source = await urlSource(text, (await context.tools()).http, call);
    if (context.journal) context.journal.source = { url: text, ...given({ state: source.state }) };
    return resumingSource(source, call);
  }
  const [scheme] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? [];
  if (scheme !== undefined && !existsSync(text))
    throw usageError(`${scheme} is not supported: a source is a file, -, or a URL with http:// or https://`, {
      hint:
        scheme.toLowerCase() === 'file://' ? 'Use the path of the file alone.' : 'Download it first, or pipe it in and use -.',
    });
  if (context.journal) context.journal.source = { file: path.resolve(text) };
  return fileSource(path.normalize(text), context.signal);
}
