import { conflictError, ImgctlError, providerError, unsupportedError } from '../../core/errors.ts';
import { answerCircumstances } from '../../core/answer-error.ts';
import type { ApiAnswer } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { imageData } from '../_oci/manifest.ts';
import { nextRecord } from '../_oci/record-revision.ts';
import { write } from './images.ts';
import type { Found } from './tagged.ts';
import { digestNow } from './manifests.ts';
import { errorCode, isRegistryError, errorFrom, wordsOf } from './errors.ts';
import { scope, urlIn, type Repository } from './repository.ts';
import { inBatches } from './concurrency.ts';
import { tagsOf } from './tags.ts';
import { isFine } from './transport.ts';

async function readDigests(repository: Repository, call: Call): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  const look = async (tag: string): Promise<readonly [string, string | undefined]> => [
    tag,
    await digestNow(repository, tag, call),
  ];
  for await (const [tag, digest] of inBatches(await tagsOf(repository, call), look))
    if (digest !== undefined) digests.set(tag, digest);
  return digests;
}

/** Whether another tag names the same manifest: looking once in a run is enough, for what this run changes there is forgotten. */
async function hasSiblings(repository: Repository, { id, digest }: Removable, call: Call): Promise<boolean> {
  repository.digests ??= readDigests(repository, call);
  const digests = await repository.digests.catch((error: unknown) => {
    delete repository.digests;
    throw error;
  });
  return [...digests].some(([tag, other]) => tag !== id && other === digest);
}

/** An image, or what is left of one whose record cannot be read. */
export type Removable = Found | Pick<Found, 'id' | 'digest'>;

/** Words that say no more than the code UNSUPPORTED does: of the registry as a whole. */
const bareWords = /^(?:the operation is unsupported\.?|unsupported)?$/i;

/** Why a registry does not delete: never, not now, or not this image. */
export function deleteRefusal(repository: Repository, answer: ApiAnswer): ImgctlError {
  const { host } = repository.wire.origin;
  const isGeneral = errorCode(answer.text) === 'UNSUPPORTED' && bareWords.test(wordsOf(answer.text).trim());
  if (!isGeneral) return errorFrom(answer, answer.text, `deleting at ${host}`, { write: true });
  return unsupportedError(`${host} does not allow deletes`, {
    ...answerCircumstances(answer),
    hint: 'Ask its operator to allow them (CNCF distribution: storage.delete.enabled).',
  });
}

/**
 * Statuses with which registries refuse one way of removal and may let another: the digest while a tag names it, a tag ever.
 * Registries differ in which, and some say the same of what nobody may do.
 */
const otherwise: readonly number[] = [400, 403, 404, 405, 409, 412, 422, 501];

/** Asks for the removal of what a digest or a tag names. What one way refuses, another may let: then that is the answer. */
export const requestDelete = (repository: Repository, reference: string, what: string, call: Call) =>
  repository.wire.ask(
    {
      what,
      method: 'DELETE',
      url: urlIn(repository, `manifests/${reference}`),
      scopes: [scope(repository, 'delete')],
      welcome: otherwise,
    },
    call,
  );

/**
 * Where another tool has given the manifest of an image a second tag, the image first gets a manifest of its own, so that what
 * goes is that. Absent: the registry does not let its tag move, or there is no
 * record to make another of.
 */
async function ownDigest(repository: Repository, found: Removable, call: Call): Promise<string | undefined> {
  if (!(await hasSiblings(repository, found, call))) return found.digest;
  if (!('json' in found)) return undefined;
  const { id, json, manifest } = found;
  const next = { id, json: nextRecord(json, id, {}, new Date().toISOString()), data: imageData(manifest), before: found };
  try {
    return (await write(repository, next, call)).digest;
  } catch (error) {
    if (error instanceof ImgctlError && error.code === 'UNSUPPORTED') return undefined;
    throw error;
  }
}

/** Whether a tag answers no more after a removal that was accepted. Throws CONFLICT when it names something new. */
async function isGone(repository: Repository, id: string, digest: string, call: Call): Promise<boolean> {
  const now = await digestNow(repository, id, call).catch((error: unknown) => {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    const message = `${repository.wire.origin.host} accepted the removal of ${id}, but whether it is gone could not be checked`;
    throw new ImgctlError(error.code, `${message}: ${error.message}`, error.circumstances);
  });
  if (now !== undefined && now !== digest)
    throw conflictError(`image ${id} was modified by another client; it was not deleted`, { hint: 'Try again.' });
  return now === undefined;
}

const mayBeDone = (answer: ApiAnswer): boolean => isFine(answer) || (answer.status === 404 && isRegistryError(answer.text));

/**
 * Takes an image out of a repository. Its blobs stay until the registry's own clean-up, for others may need them. It is
 * believed only when the tag answers no more: no status says so. Throws UNSUPPORTED or CONFLICT where the registry does not
 * delete, PROVIDER where it says that it did and the image is still there.
 *
 * Oddity: with a manifest go all tags that name it; or none, where a registry keeps them apart. Some delete only manifests,
 * some only tags, some a manifest only when no tag names it.
 */
export async function deleteManifest(repository: Repository, found: Removable, call: Call): Promise<void> {
  await deleteOwn(repository, found, await ownDigest(repository, found, call), call);
}

/** The same of a manifest that no other tag names, under this digest; absent: there is none, so that only the tag can go. */
export async function deleteOwn(repository: Repository, found: Removable, own: string | undefined, call: Call): Promise<void> {
  const { id } = found;
  const what = `deleting ${repository.shown}:${id}`;
  const digest = own ?? found.digest;
  const byDigest = own === undefined ? undefined : await requestDelete(repository, own, what, call);
  if (byDigest === undefined || !mayBeDone(byDigest) || !(await isGone(repository, id, digest, call))) {
    const byTag = await requestDelete(repository, id, what, call);
    if (!mayBeDone(byTag) || !(await isGone(repository, id, digest, call)))
      throw notRemoved(repository, what, byDigest ?? byTag, byTag);
    // A manifest that could not go before its tag can go now; where it cannot, the registry's clean-up takes it.
    if (byDigest && !mayBeDone(byDigest)) await requestDelete(repository, digest, what, call).catch(() => undefined);
  }
  repository.read.delete(id);
}

/**
 * Takes away a manifest that no tag of ours names any more, unless another one does. Most registries clear it away by themselves one
 * day, and some never let it be deleted: a refusal is none.
 */
export async function removeUntagged(repository: Repository, found: Removable, call: Call): Promise<void> {
  if (await hasSiblings(repository, found, call)) return;
  await requestDelete(repository, found.digest, `deleting the former ${repository.shown}:${found.id}`, call).catch(
    (error: unknown) => {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    },
  );
}

function notRemoved(repository: Repository, what: string, first: ApiAnswer, last: ApiAnswer): ImgctlError {
  // That there is no such way says less than why it is not open now.
  const says = ({ status }: ApiAnswer): number => (status === 400 || status === 404 ? 0 : status === 405 ? 1 : 2);
  const refusals = [first, last].filter((one) => !mayBeDone(one) && (says(one) > 0 || !mayBeDone(first)));
  const refusal = refusals.toSorted((a, b) => says(b) - says(a))[0];
  if (refusal?.status === 405) return deleteRefusal(repository, refusal);
  if (refusal) return errorFrom(refusal, refusal.text, what, { write: true });
  return providerError(`${what}: the answer is HTTP ${first.status}, but the image is still there`, {
    ...answerCircumstances(first),
    hint: 'Delete it with the registry’s own tools, or ask its operator.',
  });
}
