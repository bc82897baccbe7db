import { ImgctlError, integrityError, providerError, unsupportedError } from '../../core/errors.ts';
import { answerCircumstances } from '../../core/answer-error.ts';
import type { ApiAnswer } from '../../core/http.ts';
import { parseJson } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { isHtml } from '../../core/html-text.ts';
import { indexType, manifestType } from '../_oci/media-types.ts';
import { digestOf } from '../_oci/digest.ts';
import { errorCode, isRegistryError, errorFrom, wordsOf } from './errors.ts';
import { scope, urlIn, type Repository } from './repository.ts';
import { isFine } from './transport.ts';

/**
 * Oddity: a manifest whose type is not named here is answered with 404, as if it were not there; so what other tools
 * keep in the repository is named too.
 */
const accept = [
  manifestType,
  indexType,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.artifact.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'application/vnd.docker.distribution.manifest.v1+json',
].join(', ');

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
    if (isRegistryError(answer.text)) return undefined;
    throw errorFrom(answer, answer.text, what, { hint: 'Check registry and repository in the profile.' });
  }
  const digest = digestOf(answer.text);
  checkDigest(answer, digest, what);
  if (!parseJson(answer.text))
    throw providerError(`${what}: the answer is not a JSON object`, { ...answerCircumstances(answer) });
  return { digest, text: answer.text };
}

function checkDigest({ headers }: ApiAnswer, digest: string, what: string): void {
  const said = headers['docker-content-digest'];
  if (said !== undefined && said.startsWith('sha256:') && said !== digest)
    throw integrityError(`${what}: the registry reports ${said}, but the content has ${digest}`);
}

/**
 * The digest of what a tag names now; absent if it names nothing. HEAD only saves the body: whatever it answers but success
 * is no verdict (some registries and proxies refuse it), and GET decides.
 */
export async function digestNow(repository: Repository, id: string, call: Call): Promise<string | undefined> {
  const said = repository.refusesHead ? undefined : await digestByHead(repository, id, call);
  if (said !== undefined) return said;
  const manifest = await readManifest(repository, id, undefined, call);
  if (manifest === undefined || manifest === 'unchanged') return undefined;
  repository.refusesHead = true;
  return manifest.digest;
}

async function digestByHead(repository: Repository, id: string, call: Call): Promise<string | undefined> {
  const what = `looking up ${repository.shown}:${id}`;
  const url = urlIn(repository, `manifests/${id}`);
  const answer = await repository.wire.ask(
    { what, method: 'HEAD', url, scopes: [scope(repository, 'pull')], headers: { accept }, welcome: 'any' },
    call,
  );
  return isFine(answer) ? answer.headers['docker-content-digest'] : undefined;
}

const noArtifacts = 'Ask the operator of the registry to allow artifacts of the type application/vnd.imgctl.image.v1.';

/** Statuses with which registries refuse to let a tag move that exists: their own rule, or because it is not what was thought. */
const refusesMove: readonly number[] = [400, 403, 409, 412];

/** Why a manifest was not taken. A tag that still names what it did has not moved because the registry does not let it. */
async function whyNotPut(
  repository: Repository,
  { id, before, what }: { readonly id: string; readonly before: string | undefined; readonly what: string },
  answer: ApiAnswer,
  call: Call,
): Promise<ImgctlError> {
  const code = errorCode(answer.text);
  const error = errorFrom(answer, answer.text, what, {
    write: true,
    ...repository.wire.blame(answer),
    ...(code === 'MANIFEST_INVALID' || answer.status === 415 ? { hint: noArtifacts } : {}),
  });
  const isAboutTags =
    answer.status !== 403 && answer.status !== 400
      ? !isHtml(answer.text)
      : /TAG|immutab/i.test(`${code} ${wordsOf(answer.text)}`);
  if (before === undefined || error.code === 'LIMIT' || !refusesMove.includes(answer.status) || !isAboutTags) return error;
  if ((await digestNow(repository, id, call)) !== before) return new ImgctlError('CONFLICT', error.message, error.circumstances);
  return unsupportedError(`${error.message}: tags of ${repository.shown} are immutable, so image ${id} cannot be changed`, {
    ...error.circumstances,
    hint: 'Upload a new image instead, or ask the operator of the registry to allow tags to move.',
  });
}

/**
 * Puts a manifest under a tag. `before` is the digest that the tag had: registries that can compare it do (412,
 * CONFLICT), the others take no notice. A failure after which the tag names our manifest was none. Throws UNSUPPORTED
 * where the registry does not let a tag move.
 */
export async function putManifest(
  repository: Repository,
  id: string,
  text: string,
  before: string | undefined,
  call: Call,
  type = manifestType,
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
          'content-type': type,
          ...(before === undefined ? { 'if-none-match': '*' } : { 'if-match': `"${before}"` }),
        },
        body: text,
        welcome: 'any',
      },
      call,
    );
    if (!isFine(answer)) throw await whyNotPut(repository, { id, before, what }, answer, call);
    checkDigest(answer, digest, what);
    // distribution-spec 1.1, "Pushing Manifests"; a sign-in page on the way is 200.
    if (answer.status !== 201)
      throw providerError(`${what}: the answer is HTTP ${answer.status}`, { ...answerCircumstances(answer) });
    await requireKept(repository, { id, digest, what }, answer, call);
  } catch (error) {
    if (!isDoubtful(error)) throw error;
    const now = await digestNow(repository, id, call).catch(() => 'unknown');
    if (now !== digest) throw now === 'unknown' ? error.with({ uncertain: true }) : error;
  }
}

/**
 * Throws PROVIDER where what was taken is not there. A tag that names another manifest may be somebody else's by now, or be shown late:
 * under its digest ours is found then. That nobody can say is warned about.
 */
async function requireKept(
  repository: Repository,
  { id, digest, what }: { readonly id: string; readonly digest: string; readonly what: string },
  answer: ApiAnswer,
  call: Call,
): Promise<void> {
  try {
    if ((await digestNow(repository, id, call)) === digest || (await digestNow(repository, digest, call)) === digest) return;
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    call.note({ kind: 'warning', message: `not checked: whether ${repository.shown}:${id} was kept: ${error.message}` });
    return;
  }
  throw providerError(`${what}: the registry has taken it, but does not have it`, { ...answerCircumstances(answer) });
}

/** Whether the work may have been done although there was no good answer: nobody has refused it. */
export const isDoubtful = (error: unknown): error is ImgctlError =>
  error instanceof ImgctlError &&
  (error.code === 'NETWORK' || (error.code === 'PROVIDER' && !isRefusal(error.circumstances.status)));

const isRefusal = (status = 0): boolean => status >= 300 && status < 500;
