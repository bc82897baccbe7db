import { createHash } from 'node:crypto';
import type { FakeAnswer, FakeRequest } from './fake-server.ts';

export const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/**
 * What a file server answers to a request for this file: all of it, the part that is asked for, or that it is the same as before. `tags`:
 * whether it says which state of the file that is.
 */
export function servedFile(data: Buffer, headers: FakeRequest['headers'], tags = true): FakeAnswer {
  const etag = tags ? `"${sha256(data).slice(0, 16)}"` : undefined;
  const state = etag === undefined ? {} : { etag };
  if (etag !== undefined && headers['if-none-match'] === etag) return { status: 304, headers: state };
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '');
  if (!range) return { status: 200, headers: state, body: data };
  const [from, to] = [Number(range[1]), Math.min(Number(range[2] || Infinity), data.length - 1)];
  if (from >= data.length) return { status: 416, headers: { 'content-range': `bytes */${data.length}` } };
  const part = { ...state, 'content-range': `bytes ${from}-${to}/${data.length}` };
  return { status: 206, headers: part, body: data.subarray(from, to + 1) };
}
