import { ImgctlError, integrityError, providerError } from '../../core/errors.ts';
import type { ApiAnswer } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { indexType, manifestType } from '../_oci/media-types.ts';
import { digestOf } from '../_oci/digest.ts';
import { parseJson } from '../_oci/manifest.ts';
import { errorCode, refused } from './refusal.ts';
import { scope, urlIn, type Repository } from './repository.ts';

/**
 * Oddity: a manifest whose type is not named here is answered with 404, as if it were not there; so what other tools
 * keep in the repository is named too.
 */
const accept = [
  manifestType,
  indexType,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');
const notThere: readonly string[] = ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'TAG_INVALID'];

/** A manifest as it came. */
export interface Manifest {
  readonly digest: string;
  readonly text: string;
}

/**
 * The manifest under a tag; absent if there is none, and `unchanged` if it still has the digest `known`. Throws
 * INTEGRITY when it is not what the registry says it is, PROVIDER when it is no manifest.
 */
export async function readManifest(
  repository: Repository,
  id: string,
  known: string | undefined,
  call: Call,
): Promise<Manifest | 'unchanged' | undefined> {
  const what = `reading ${repository.shown}:${id}`;
  const headers = { accept, ...(known === undefined ? {} : { 'if-none-match': `"${known}"` }) };
  const answer = await repository.wire.ask(
    {
      what,
      method: 'GET',
      url: urlIn(repository, `manifests/${id}`),
      scopes: [scope(repository, 'pull')],
      headers,
      welcome: [304, 404],
    },
    call,
  );
  if (answer.status === 304) return 'unchanged';
  if (answer.status === 404) {
    if (notThere.includes(errorCode(answer.text))) return undefined;
    throw refused(answer, answer.text, what);
  }
  const digest = digestOf(answer.text);
  checkDigest(answer, digest, what);
  if (!parseJson(answer.text)) throw providerError(`${what}: the answer is no JSON object`, { status: answer.status });
  return { digest, text: answer.text };
}

function checkDigest({ headers }: ApiAnswer, digest: string, what: string): void {
  const said = headers['docker-content-digest'];
  if (said !== undefined && said.startsWith('sha256:') && said !== digest)
    throw integrityError(`${what}: the registry names ${said}, and what it holds has ${digest}`);
}

/** The digest of what a tag names now; absent if it names nothing. */
export async function digestNow(repository: Repository, id: string, call: Call): Promise<string | undefined> {
  const what = `looking at ${repository.shown}:${id}`;
  const url = urlIn(repository, `manifests/${id}`);
  const answer = await repository.wire.ask(
    { what, method: 'HEAD', url, scopes: [scope(repository, 'pull')], headers: { accept }, welcome: [404] },
    call,
  );
  if (answer.status === 404) return undefined;
  const said = answer.headers['docker-content-digest'];
  if (said !== undefined) return said;
  const manifest = await readManifest(repository, id, undefined, call);
  return manifest === 'unchanged' ? undefined : manifest?.digest;
}

/**
 * Puts a manifest under a tag. `before` is the digest that the tag had: registries that can compare it do (412,
 * CONFLICT), the others take no notice. A failure after which the tag names our manifest was none.
 */
export async function putManifest(
  repository: Repository,
  id: string,
  text: string,
  before: string | undefined,
  call: Call,
): Promise<void> {
  const what = `writing ${repository.shown}:${id}`;
  const digest = digestOf(text);
  try {
    const answer = await repository.wire.ask(
      {
        what,
        method: 'PUT',
        url: urlIn(repository, `manifests/${id}`),
        scopes: [scope(repository, 'pull,push')],
        headers: {
          'content-type': manifestType,
          ...(before === undefined ? { 'if-none-match': '*' } : { 'if-match': `"${before}"` }),
        },
        body: text,
      },
      call,
    );
    checkDigest(answer, digest, what);
    // distribution-spec 1.1, "Pushing Manifests"; a sign-in page on the way is 200.
    if (answer.status !== 201) throw providerError(`${what}: the answer is HTTP ${answer.status}`, { status: answer.status });
  } catch (error) {
    if (!isDoubtful(error)) throw error;
    const now = await digestNow(repository, id, call).catch(() => 'unknown');
    if (now !== digest) throw now === 'unknown' ? error.with({ uncertain: true }) : error;
  }
}

/** Whether the work may have been done although there was no good answer. */
export const isDoubtful = (error: unknown): error is ImgctlError =>
  error instanceof ImgctlError && (error.code === 'NETWORK' || error.code === 'PROVIDER');
