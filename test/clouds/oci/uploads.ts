import { randomUUID } from 'node:crypto';
import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { refusal } from './refusal.ts';
import { keepBlob, newUpload, sha256, type Repository, type Store, type Upload } from './store.ts';
import type { Switches } from './switches.ts';

interface At {
  readonly store: Store;
  readonly name: string;
  readonly switches: Switches;
  readonly origin: string;
}

const rangeOf = (upload: Upload): string => `0-${Math.max(0, upload.data.length - 1)}`;

function accepted(status: number, upload: Upload, { name, switches, origin }: At): FakeAnswer {
  const path = `/v2/${name}/blobs/uploads/${upload.id}?_state=${upload.state}`;
  const location = switches.relativeLocations ? path : `${switches.locationOrigin ?? origin}${path}`;
  const least = switches.leastChunk > 0 ? { 'oci-chunk-min-length': String(switches.leastChunk) } : {};
  return { status, headers: { location, range: rangeOf(upload), 'docker-upload-uuid': upload.id, ...least } };
}

const digestHeader = (digest: string, { namesDigests, liesAbout }: Switches): Readonly<Record<string, string>> =>
  namesDigests ? { 'docker-content-digest': liesAbout ?? digest } : {};

/** `POST blobs/uploads/`: begins an upload, or mounts. A body with `digest=` is dropped, as 2.8.2 does. */
export function begin({ url }: FakeRequest, at: At): FakeAnswer {
  const repository = at.store.of(at.name);
  const digest = url.searchParams.get('mount') ?? '';
  if (digest !== '' && at.switches.mountStatus > 0)
    return refusal(at.switches.mountStatus, at.switches.mountStatus === 401 ? 'UNAUTHORIZED' : 'DENIED', 'mount not allowed');
  const blob = at.store.repositories.get(url.searchParams.get('from') ?? '')?.blobs.get(digest);
  if (!blob || !at.switches.mounts) return accepted(202, newUpload(repository), at);
  repository.blobs.set(digest, blob);
  return { status: 201, headers: { location: `/v2/${at.name}/blobs/${digest}`, ...digestHeader(digest, at.switches) } };
}

/** Everything at an upload's own address. */
export function goOn(request: FakeRequest, id: string, at: At): FakeAnswer | undefined {
  const repository = at.store.of(at.name);
  if (request.data.length > at.switches.mostBody)
    return { status: 413, headers: { 'content-type': 'text/html' }, body: '<html>413 Request Entity Too Large</html>' };
  const upload = repository.uploads.get(id);
  const current =
    upload &&
    (upload.state === request.url.searchParams.get('_state') || (at.switches.checksOffsets && request.method === 'GET'));
  if (!upload || !current) return refusal(404, 'BLOB_UPLOAD_INVALID', 'blob upload invalid', {});
  if (request.method === 'GET') return accepted(204, upload, at);
  if (request.method === 'PATCH') return append(request, upload, at);
  if (request.method === 'PUT') return finish(request, repository, upload, at);
  if (request.method !== 'DELETE') return undefined;
  repository.uploads.delete(id);
  return { status: 204 };
}

function append({ headers, data }: FakeRequest, upload: Upload, at: At): FakeAnswer {
  const { switches } = at;
  if (headers['content-type'] !== 'application/octet-stream') return refusal(500, 'UNKNOWN', 'unknown error');
  if (data.length > switches.mostPatch) return refusal(416, 'REQUESTED_RANGE_NOT_SATISFIABLE', 'more than is permitted');
  const first = Number(/^(\d+)-\d+$/.exec(headers['content-range'] ?? '')?.[1] ?? upload.data.length);
  if (switches.checksOffsets && first !== upload.data.length) return refusal(416, 'RANGE_INVALID', 'invalid content range');
  // Without that check a chunk that is sent twice is there twice.
  upload.data = Buffer.concat([upload.data, data]);
  upload.state = randomUUID();
  return accepted(switches.patch201 ? 201 : 202, upload, at);
}

function finish({ url, data }: FakeRequest, repository: Repository, upload: Upload, { name, switches }: At): FakeAnswer {
  const wanted = url.searchParams.get('digest');
  if (wanted === null) return refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', 'digest missing');
  const whole = Buffer.concat([upload.data, data]);
  repository.uploads.delete(upload.id);
  if (sha256(whole) !== wanted)
    return refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content', { Digest: wanted, Reason: {} });
  keepBlob(repository, whole);
  switches.staleBlobs.delete(wanted);
  return { status: 201, headers: { location: `/v2/${name}/blobs/${wanted}`, ...digestHeader(wanted, switches) } };
}
