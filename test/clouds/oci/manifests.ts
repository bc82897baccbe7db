import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { noRoute, refusal } from './refusal.ts';
import { keepManifest, sha256, type Repository } from './store.ts';
import type { Switches } from './switches.ts';

const tagRule = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const isDigest = (reference: string): boolean => /^sha256:[0-9a-f]{64}$/.test(reference);

const headersOf = (digest: string, { namesDigests }: Switches): Readonly<Record<string, string>> => ({
  etag: `"${digest}"`,
  ...(namesDigests ? { 'docker-content-digest': digest } : {}),
});

/** `GET` and `HEAD`: a type that is not accepted is as good as not there. */
export function read(
  request: FakeRequest,
  repository: Repository | undefined,
  reference: string,
  switches: Switches,
): FakeAnswer {
  const digest = isDigest(reference) ? reference : repository?.tags.get(reference);
  const kept = repository?.manifests.get(digest ?? '');
  if (switches.headOfManifests > 0 && request.method === 'HEAD') return { status: switches.headOfManifests };
  if (!kept || digest === undefined)
    return refusal(404, switches.unknownCode ?? 'MANIFEST_UNKNOWN', 'manifest unknown', { Tag: reference });
  if (!(request.headers.accept ?? '').includes(kept.type))
    return refusal(404, 'MANIFEST_UNKNOWN', 'OCI manifest found, but accept header does not support OCI manifests');
  if (request.headers['if-none-match'] === `"${digest}"`) return { status: 304, headers: headersOf(digest, switches) };
  return { status: 200, headers: { 'content-type': kept.type, ...headersOf(digest, switches) }, body: kept.data };
}

const immutableCodes: Readonly<Record<number, string>> = { 400: 'TAG_INVALID', 409: 'TAG_IMMUTABLE', 412: 'PRECONDITION' };

interface Pushed {
  readonly mediaType?: string;
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[] | null;
}

export function write(request: FakeRequest, repository: Repository, reference: string, switches: Switches): FakeAnswer {
  if (!tagRule.test(reference) && !isDigest(reference)) return noRoute;
  const manifest = JSON.parse(request.data.toString('utf8')) as Pushed;
  if ((manifest.mediaType ?? request.headers['content-type']) !== request.headers['content-type'])
    return refusal(400, 'MANIFEST_INVALID', 'manifest invalid', {});
  const before = repository.tags.get(reference);
  const moved = request.headers['if-match'] !== undefined && request.headers['if-match'] !== `"${before}"`;
  const taken = request.headers['if-none-match'] === '*' && before !== undefined;
  if (switches.comparesTags && (moved || taken)) return refusal(412, 'PRECONDITION_FAILED', 'the tag has moved');
  for (const { digest } of [...(manifest.config ? [manifest.config] : []), ...(manifest.layers ?? [])])
    if (!repository.blobs.has(digest) && !switches.staleBlobs.has(digest))
      return refusal(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', digest);
  if (switches.immutable > 0 && before !== undefined && before !== sha256(request.data))
    return refusal(switches.immutable, immutableCodes[switches.immutable] ?? '', 'the tag exists already and cannot be moved');
  if (switches.keepsNothing) return { status: 201, headers: headersOf(sha256(request.data), switches) };
  if (isDigest(reference) && reference !== sha256(request.data))
    return refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  const digest = keepManifest(
    repository,
    isDigest(reference) ? undefined : reference,
    request.headers['content-type'] ?? '',
    request.data,
  );
  if (switches.losesManifestAnswers > 0) {
    switches.losesManifestAnswers -= 1;
    return { status: 502, body: '<html>Bad gateway</html>' };
  }
  return { status: 201, headers: switches.namesDigests ? { 'docker-content-digest': switches.liesAbout ?? digest } : {} };
}

/** Takes away what a digest or a tag names, in the way of the registry that this is. */
export function remove(repository: Repository, reference: string, switches: Switches): FakeAnswer {
  if (!switches.deletes) return refusal(405, 'UNSUPPORTED', 'The operation is unsupported.');
  const { deletion, refusedDigest } = switches;
  if (deletion === 'pretended') return { status: 202 };
  if (deletion === 'locked') return refusal(405, 'UNSUPPORTED', 'The operation is disallowed on this image. It is locked.');
  if (!isDigest(reference)) {
    if (deletion === 'manifest') return refusal(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
    return repository.tags.delete(reference) ? { status: 202 } : refusal(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  }
  if (deletion === 'tag-only') return refusal(refusedDigest || 405, 'UNSUPPORTED', 'The operation is unsupported.');
  if (!repository.manifests.has(reference)) return refusal(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  if (deletion === 'tag-first' && [...repository.tags.values()].includes(reference))
    return refusal(refusedDigest || 400, 'GOOGLE_MANIFEST_DANGLING_TAG', 'the manifest is still referenced by a tag');
  if (deletion === 'apart') return { status: 202 };
  repository.manifests.delete(reference);
  for (const [tag, digest] of repository.tags) if (digest === reference) repository.tags.delete(tag);
  return { status: 202 };
}

/** `tags/list`. The first time a repository had a manifest decides whether it is known. */
export function tags(request: FakeRequest, name: string, repository: Repository | undefined, switches: Switches): FakeAnswer {
  if (!repository || (repository.manifests.size === 0 && repository.tags.size === 0 && repository.blobs.size === 0))
    return refusal(404, switches.unknownCode ?? 'NAME_UNKNOWN', 'repository name not known to registry', { name });
  const all = [...repository.tags.keys()];
  if (switches.pageLength === 0) return { status: 200, body: { name, tags: all.length === 0 ? null : all } };
  const last = request.url.searchParams.get('last') ?? '';
  const rest = all.sort().filter((tag) => tag > last);
  const page = rest.slice(0, switches.pageLength);
  const next = switches.endlessPages ? last : (page.at(-1) ?? '');
  const link =
    switches.endlessPages || rest.length > page.length
      ? { link: `</v2/${name}/tags/list?last=${next}&n=${switches.pageLength}>; rel="next"` }
      : {};
  return { status: 200, headers: link, body: { name, tags: page } };
}
