import { ImgctlError, integrityError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { beforeRetry } from '../../core/retry.ts';
import { checkDocument, type Descriptor } from '../_oci/manifest.ts';
import { emptyBlob, emptyType } from '../_oci/media-types.ts';
import { digestOf } from '../_oci/digest.ts';
import { cacheDocument, cachedDocument } from './document-cache.ts';
import { isDoubtful } from './manifests.ts';
import { isRegistryError, errorFrom } from './errors.ts';
import { scope, urlIn, type Repository } from './repository.ts';
import { beginUpload, finishUpload } from './upload-session.ts';
import { isFine, redirects } from './transport.ts';

const urlOf = (repository: Repository, digest: string): URL => urlIn(repository, `blobs/${digest}`);

/** A small blob as text, its digest checked. Throws INTEGRITY when it is missing or damaged. */
export async function readText(repository: Repository, digest: string, call: Call): Promise<string> {
  const known = await cachedDocument(repository, digest);
  if (known !== undefined) return known;
  const what = `reading ${digest} of ${repository.shown}`;
  const answer = await repository.wire.ask(
    { what, method: 'GET', url: urlOf(repository, digest), scopes: [scope(repository, 'pull')], welcome: [404] },
    call,
  );
  if (answer.status === 404) {
    const error = errorFrom(answer, answer.text, what);
    throw isRegistryError(answer.text) ? integrityError(error.message, error.circumstances) : error;
  }
  if (digestOf(answer.text) !== digest) throw integrityError(`${what}: the content does not match its digest`);
  await cacheDocument(repository, digest, answer.text);
  return answer.text;
}

/**
 * Whether a blob of this many bytes is there and can be read. Asking only saves work, so a registry that refuses to tell has
 * not got it. One that keeps blobs elsewhere redirects, for reading only, where it has them.
 */
export async function holdsBlob(repository: Repository, digest: string, size: number, call: Call): Promise<boolean> {
  const what = `looking for ${digest} in ${repository.shown}`;
  const ask = { what, method: 'HEAD', url: urlOf(repository, digest), scopes: [scope(repository, 'pull')] } as const;
  const head = await repository.wire.ask({ ...ask, welcome: 'any', stays: true }, call);
  if (!redirects.includes(head.status) && !isFine(head)) return false;
  if (isFine(head) && Number(head.headers['content-length'] ?? size) !== size) return false;
  // Oddity: after a clean-up at the registry HEAD may go on saying that a blob is there; then not one byte of it comes.
  try {
    for await (const chunk of readBlob(repository, { digest, size }, 0, 0, call)) return chunk.length > 0;
    return false;
  } catch (error) {
    if (error instanceof ImgctlError && error.code !== 'ABORTED') return false;
    throw error;
  }
}

/** Leaves out `skip` bytes and gives no more than `take`. */
async function* part(bytes: Bytes, skip: number, take: number): Bytes {
  let [skipping, taking] = [skip, take];
  for await (const chunk of bytes) {
    const kept = chunk.subarray(Math.min(skipping, chunk.length)).subarray(0, taking);
    skipping -= Math.min(skipping, chunk.length);
    taking -= kept.length;
    if (kept.length > 0) yield kept;
    if (taking === 0) return;
  }
}

/**
 * Bytes of a blob, from one to another, both included. Oddity: a range beyond the end is answered in a way that cannot be
 * read, so none is asked for. Throws INTEGRITY when the blob is gone.
 */
export async function* readBlob(
  repository: Repository,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  from: number,
  to: number,
  call: Call,
  into?: Uint8Array,
): Bytes {
  const last = Math.min(to, size - 1);
  if (from > last) return;
  const whole = from === 0 && last === size - 1;
  const answer = await repository.wire.receive(
    {
      url: urlOf(repository, digest),
      scopes: [scope(repository, 'pull')],
      ...(into ? { into } : {}),
      ...(whole ? {} : { range: { from, to: last }, headers: { 'if-range': `"${digest}"` } }),
    },
    call,
  );
  if (answer.status === 206) return yield* answer.bytes;
  if (answer.status === 200) return yield* whole ? answer.bytes : part(answer.bytes, from, last - from + 1);
  const error = errorFrom(answer, await answer.text(), `reading ${digest} of ${repository.shown}`);
  throw error.code === 'NOT_FOUND' ? integrityError(error.message, error.circumstances) : error;
}

/** Puts a small document into a repository and describes it. What breaks on the way is begun again. Throws LIMIT. */
export async function pushText(repository: Repository, mediaType: string, text: string, call: Call): Promise<Descriptor> {
  checkDocument(text);
  const digest = digestOf(text);
  for (let tries = 1; ; tries += 1) {
    const location = await beginUpload(repository, call);
    try {
      await finishUpload(repository, location, digest, text, call);
      return { mediaType, digest, size: Buffer.byteLength(text) };
    } catch (error) {
      if (!isDoubtful(error)) throw error;
      await beforeRetry(error, tries, call);
    }
  }
}

/** The blob that stands for "no disk", put there if it is not. */
export async function pushEmpty(repository: Repository, call: Call): Promise<Descriptor> {
  const empty = { mediaType: emptyType, digest: digestOf(emptyBlob), size: emptyBlob.length };
  return (await holdsBlob(repository, empty.digest, empty.size, call)) ? empty : pushText(repository, emptyType, emptyBlob, call);
}
