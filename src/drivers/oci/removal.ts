import { providerError, unsupportedError, type ImgctlError } from '../../core/errors.ts';
import type { ApiAnswer } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { nextRecord } from '../_oci/next-record.ts';
import { write, type Found } from './images.ts';
import { digestNow } from './manifests.ts';
import { errorCode, refused } from './refusal.ts';
import { scope, urlIn, type Repository } from './repository.ts';
import { sideBySide } from './side-by-side.ts';
import { tagsOf } from './tags.ts';

async function readDigests(repository: Repository, call: Call): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  const look = async (tag: string): Promise<readonly [string, string | undefined]> => [
    tag,
    await digestNow(repository, tag, call),
  ];
  for await (const [tag, digest] of sideBySide(await tagsOf(repository, call), look))
    if (digest !== undefined) digests.set(tag, digest);
  return digests;
}

/** Whether another tag names the same manifest: only other tools do that, so looking once in a run is enough. */
async function hasSiblings(repository: Repository, { id, digest }: Found, call: Call): Promise<boolean> {
  repository.digests ??= readDigests(repository, call);
  const digests = await repository.digests.catch((error: unknown) => {
    delete repository.digests;
    throw error;
  });
  return [...digests].some(([tag, other]) => tag !== id && other === digest);
}

/** Why a registry does not delete: never, or not now. */
export function whyNot(repository: Repository, answer: ApiAnswer): ImgctlError {
  const { host } = repository.wire.origin;
  if (errorCode(answer.text) !== 'UNSUPPORTED') return refused(answer, answer.text, `deleting at ${host}`);
  return unsupportedError(`${host} does not let anybody delete`, {
    status: answer.status,
    hint: 'whoever runs it can allow it: storage.delete.enabled in the configuration of CNCF distribution',
  });
}

/** Asks for the removal of a manifest. Returns the answer if it is one of success, 404 or 405. */
export const askRemoval = (repository: Repository, digest: string, what: string, call: Call) =>
  repository.wire.ask(
    {
      what,
      method: 'DELETE',
      url: urlIn(repository, `manifests/${digest}`),
      scopes: [scope(repository, 'delete')],
      welcome: [404, 405],
    },
    call,
  );

/**
 * Takes an image out of a repository; none is as good. Its blobs stay until the registry's own clean-up, for others may
 * need them. Throws UNSUPPORTED or CONFLICT where the registry does not delete.
 *
 * Oddity: what is deleted is a manifest, and with it goes every tag that names it. Where another tool has given this
 * one's manifest a second tag, the image first gets a manifest of its own.
 */
export async function remove(repository: Repository, found: Found, call: Call): Promise<void> {
  const { id, json, manifest } = found;
  const what = `deleting ${repository.shown}:${id}`;
  const own = (await hasSiblings(repository, found, call))
    ? await write(
        repository,
        { id, json: nextRecord(json, id, {}, new Date().toISOString()), disk: manifest.disk, before: found },
        call,
      )
    : found;
  const answer = await askRemoval(repository, own.digest, what, call);
  if (answer.status === 405) throw whyNot(repository, answer);
  if (answer.status === 404 && errorCode(answer.text) !== 'MANIFEST_UNKNOWN') throw refused(answer, answer.text, what);
  // A removal is answered with 202 (distribution-spec 1.1, "Deleting Manifests"); a sign-in page on the way is 200.
  const isTold = answer.status === 202 || answer.status === 404;
  if (!isTold && (await digestNow(repository, id, call)) === own.digest)
    throw providerError(`${what}: the answer is HTTP ${answer.status}, and the image is still there`, { status: answer.status });
  repository.read.delete(id);
}
