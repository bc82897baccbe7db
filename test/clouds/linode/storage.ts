import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import type { Account } from './state.ts';

const xml = { 'content-type': 'application/xml' };

function refuseXml(status: number, code: string): FakeAnswer {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><RequestId>tx0-fake</RequestId></Error>`;
  return { status, headers: xml, body };
}

/** Headers that are not covered by the signature and must not be there. */
const strangers = ['x-filter', 'cookie', 'content-md5', 'x-amz-date', 'x-amz-content-sha256'];

/**
 * The object store: takes a PUT to a signed address, to the letter, with the one content type that is signed and a
 * length, and with no credentials besides. It knows nothing of the API's tokens.
 */
export function answerStorage(account: Account, request: FakeRequest): FakeAnswer | undefined {
  account.settle();
  if (request.method !== 'PUT') return undefined;
  const { headers } = request;
  if (headers.authorization !== undefined) return refuseXml(400, 'InvalidArgument');
  const target = account.targets.get(request.path);
  if (!target || headers['content-type'] !== 'application/octet-stream') return refuseXml(403, 'SignatureDoesNotMatch');
  if (strangers.some((name) => headers[name] !== undefined)) return refuseXml(403, 'SignatureDoesNotMatch');
  if (Date.now() / 1000 > target.expires) return refuseXml(403, 'AccessDenied');
  if (headers['content-length'] === undefined) return refuseXml(411, 'MissingContentLength');
  if (request.data.length !== Number(headers['content-length'])) return refuseXml(400, 'IncompleteBody');
  const image = account.images.get(target.image);
  if (!image) return refuseXml(404, 'NoSuchBucket');
  account.take(image, request.data, account.regionOf.get(image.id) ?? 'us-ord');
  return { status: 200 };
}
