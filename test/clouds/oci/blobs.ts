import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { refusal } from './refusal.ts';
import type { Repository } from './store.ts';
import type { Switches } from './switches.ts';

/** `GET` and `HEAD` of a blob. Bytes are per repository; ranges and `If-Range` are honoured. */
export function blob(
  request: FakeRequest,
  repository: Repository | undefined,
  digest: string,
  switches: Switches,
): FakeAnswer | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  if (switches.headOfBlobs > 0 && request.method === 'HEAD') return { status: switches.headOfBlobs };
  const data = repository?.blobs.get(digest);
  const stale = switches.staleBlobs.get(digest);
  if (!data && stale === undefined) return refusal(404, 'BLOB_UNKNOWN', 'blob unknown to registry', digest);
  if (switches.storage !== undefined)
    return { status: 307, headers: { location: `${switches.storage}/${digest}?signature=of-the-storage` } };
  // A body of another length than was said ends the connection early: what a collected blob's does.
  if (stale !== undefined)
    return {
      status: request.method === 'HEAD' ? 200 : 206,
      headers: { 'content-length': String(stale), 'content-range': `bytes 0-${stale - 1}/${stale}`, connection: 'close' },
    };
  return part(request, data ?? Buffer.alloc(0), digest);
}

/** The bytes that a request wants of some data. */
export function part({ headers }: Pick<FakeRequest, 'headers'>, data: Buffer, digest: string): FakeAnswer {
  const common = {
    etag: `"${digest}"`,
    'accept-ranges': 'bytes',
    'docker-content-digest': digest,
    'content-type': 'application/octet-stream',
  };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const isSame = headers['if-range'] === undefined || headers['if-range'] === `"${digest}"`;
  if (first === undefined || !isSame) return { status: 200, headers: common, body: data };
  // The length is the blob's, and the body is an error: a client that asks past the end cannot read the answer.
  if (Number(first) >= data.length)
    return {
      status: 416,
      headers: { ...common, 'content-length': String(data.length) },
      body: 'invalid range: failed to overlap\n',
    };
  const to = last === '' ? data.length - 1 : Math.min(Number(last), data.length - 1);
  return {
    status: 206,
    headers: { ...common, 'content-range': `bytes ${first}-${to}/${data.length}` },
    body: data.subarray(Number(first), to + 1),
  };
}
