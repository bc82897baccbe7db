import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { providerError } from '../core/errors.ts';
import type { Answer } from '../core/answer.ts';

/** Of a file these are left for what its bytes are recognised by: gzip is unwrapped there. */
const ofFiles = /^(?:identity|(?:x-)?gzip)?$/i;
/** What is undone of the answers of an API. */
const ofApis = /^(?:identity|(?:x-)?gzip|deflate|br)?$/i;

/** Throws PROVIDER where a body came in an encoding that is not undone: its bytes are not the content. */
export function refuseEncoded(
  answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
  shown: string,
  kind: 'file' | 'api',
): void {
  const encoding = answer.headers['content-encoding']?.trim() ?? '';
  if (answer.status >= 300 || (kind === 'file' ? ofFiles : ofApis).test(encoding)) return;
  throw providerError(`${shown} answered with Content-Encoding ${encoding.slice(0, 40)}, which was not asked for`, {
    status: answer.status,
    hint: 'Check the proxy or the content delivery network in front of the server.',
  });
}

export const isGzip = (headers: Answer['headers']): boolean => /^\s*(?:x-)?gzip\s*$/i.test(headers['content-encoding'] ?? '');

/** What was packed on its way; it breaks where that does. */
export function unpacked(message: Readable): Readable {
  const plain = createGunzip({ chunkSize: 128 * 1024 });
  // Whoever reads it is told of the error.
  pipeline(message, plain, () => undefined);
  return plain;
}
