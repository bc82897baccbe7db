import { ImgctlError, integrityError, networkError, providerError } from '../../core/errors.ts';
import { answerCircumstances } from '../../core/answer-error.ts';
import type { ApiAnswer, Bytes } from '../../core/http.ts';
import type { Answer } from '../../core/answer.ts';
import type { Call } from '../../core/operation.ts';
import { beforeRetry } from '../../core/retry.ts';
import { isDoubtful } from './manifests.ts';
import { errorFrom } from './errors.ts';
import { scope, urlIn, type Repository } from './repository.ts';

/** Milliseconds that letting go of an upload may take, also after the run itself was stopped. */
const cancelMs = 5_000;
export const octets = { 'content-type': 'application/octet-stream' };

/** Begins an upload. Returns where its bytes go: a signed URL, good until the next answer names another. */
export async function beginUpload(repository: Repository, call: Call): Promise<URL> {
  return (await startUpload(repository, call)).location;
}

/** As `beginUpload`, with what the registry said: it may want chunks of a least size. One begun in vain is cleared away there. */
export async function startUpload(
  repository: Repository,
  call: Call,
): Promise<{ readonly location: URL; readonly answer: ApiAnswer }> {
  const url = urlIn(repository, 'blobs/uploads/');
  const what = `beginning an upload to ${repository.shown}`;
  const answer = await repository.wire.ask(
    { what, method: 'POST', url, scopes: [scope(repository, 'pull,push')], headers: octets, body: '', repeatable: true },
    call,
  );
  return { location: repository.wire.resolve(answer, url), answer };
}

/** An upload's address with the digest that ends it. It has parameters already. */
export function closingUrl(location: URL, digest: string): URL {
  const url = new URL(location);
  url.searchParams.append('digest', digest);
  return url;
}

/** Ends an upload, with its last bytes if there are some. Throws INTEGRITY when the registry got something else. */
export async function finishUpload(
  repository: Repository,
  location: URL,
  digest: string,
  body: string,
  call: Call,
): Promise<void> {
  const what = `ending an upload to ${repository.shown}`;
  const answer = await repository.wire.ask(
    {
      what,
      method: 'PUT',
      url: closingUrl(location, digest),
      scopes: [scope(repository, 'pull,push')],
      headers: octets,
      body,
      secretUrl: true,
      repeatable: false,
      welcome: [404],
    },
    call,
  );
  checkTaken(answer, digest, what);
}

const isPassing = (error: unknown): error is ImgctlError =>
  isDoubtful(error) || (error instanceof ImgctlError && error.circumstances.status === 429);

const nothing: Bytes = { [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }) };

/**
 * Ends an upload all of whose bytes are there; `isThere` tells whether the disk is, where no answer tells. The registry has time to
 * put it together. What fails for a moment is asked again, for no byte goes with it. Throws NETWORK when the registry has lost the
 * upload, INTEGRITY when it got something else.
 */
export async function closeUpload(
  repository: Repository,
  location: URL,
  digest: string,
  isThere: () => Promise<boolean>,
  call: Call,
): Promise<void> {
  const what = `ending an upload to ${repository.shown}`;
  const scopes = [scope(repository, 'pull,push')];
  const put = { method: 'PUT', url: closingUrl(location, digest), scopes, headers: octets, length: 0, secretUrl: true } as const;
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await repository.wire.send({ ...put, bytes: nothing }, call);
      // The token has just been renewed.
      if (answer.status === 401 && tries === 1) continue;
      return checkTaken(answer, digest, what);
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (await isThere()) return;
      if (error.circumstances.status === 404) throw error;
      await beforeRetry(error, tries, call);
    }
  }
}

/**
 * The refusal of what goes to the address of an upload. Whatever its code says, "not there" is the upload itself: the registry has
 * lost it, and sending it anew helps.
 */
export function uploadSessionError(answer: Answer, body: string, what: string): ImgctlError {
  const error = errorFrom(answer, body, what, { write: true });
  return error.code === 'NOT_FOUND' ? networkError(error.message, error.circumstances) : error;
}

/** Throws what the answer to the last bytes of an upload says, if it is not that they are kept under this digest. */
export function checkTaken(answer: ApiAnswer, digest: string, what: string): void {
  if (answer.status < 200 || answer.status > 299) throw uploadSessionError(answer, answer.text, what);
  const said = answer.headers['docker-content-digest'];
  if (said !== undefined && said !== digest) throw integrityError(`${what}: the registry stored ${said}, but ${digest} was sent`);
  // 201, with the blob's address (distribution-spec 1.1, "POST then PUT"); a sign-in page on the way is 200 and names neither.
  if (answer.status !== 201 && said === undefined && answer.headers.location === undefined)
    throw providerError(`${what}: HTTP ${answer.status} without the address of a blob`, { ...answerCircumstances(answer) });
}

/** Lets go of an upload; what cannot be let go the registry clears away by itself, after days. */
export async function cancelUpload(repository: Repository, location: URL, call: Call): Promise<void> {
  const after: Call = { ...call, signal: AbortSignal.timeout(cancelMs), retries: { left: 0 } };
  const ask = {
    what: 'ending an upload',
    method: 'DELETE',
    url: location,
    scopes: [scope(repository, 'pull,push')],
    secretUrl: true,
  } as const;
  await repository.wire.ask(ask, after).catch(() => undefined);
}
