import { integrityError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { holdsBlob } from './blobs.ts';
import { isDoubtful } from './manifests.ts';
import { scope, type Repository } from './repository.ts';
import { beginUpload, cancelUpload, checkTaken, closeUpload, closingUrl, octets } from './upload-session.ts';
import { uploadError, PayloadTooLarge } from './payload-too-large.ts';
import { isFine } from './transport.ts';
import type { Disk, Pushed } from './disk.ts';

/** A disk that was sent. Throws INTEGRITY where that is not what was said of it. */
export function pushedOf(disk: Pick<Disk, 'bytes' | 'sha256'>, { bytes, digests }: ReturnType<Disk['sent']>): Pushed {
  if (digests.sha256 === undefined) throw integrityError('missing SHA-256 of what was sent');
  if (disk.sha256 !== undefined && disk.sha256 !== digests.sha256)
    throw integrityError(`what was sent has the SHA-256 ${digests.sha256}, expected ${disk.sha256}`);
  if (disk.bytes !== undefined && disk.bytes !== bytes) throw integrityError(`got ${bytes} bytes, expected ${disk.bytes}`);
  return { digest: `sha256:${digests.sha256}`, size: bytes };
}

const endOf = (disk: Disk): Pushed => pushedOf(disk, disk.sent());

/** Digest and size of a disk, where both are known before it is sent. */
export const knownOf = ({ sha256, bytes }: Pick<Disk, 'bytes' | 'sha256'>): Pushed | undefined =>
  sha256 === undefined || bytes === undefined ? undefined : { digest: `sha256:${sha256}`, size: bytes };

/**
 * Puts a disk that is not there into a repository, in one request, and returns its digest and size. Nothing refers to it yet: whoever
 * fails leaves only what the registry clears away by itself. Throws with `tooMuchAtOnce` what does not get through so, and says that
 * it is sent in chunks then.
 */
export async function pushDisk(repository: Repository, disk: Disk, call: Call): Promise<Pushed> {
  const known = knownOf(disk);
  const location = await beginUpload(repository, call);
  try {
    return await (known ? inOneRequest(repository, disk, location, known, call) : asStream(repository, disk, location, call));
  } catch (error) {
    if (error instanceof PayloadTooLarge && disk.repeatable)
      call.note({
        kind: 'warning',
        message: `${error.message}; sending it again in chunks (chunkSize in the profile does so at once)`,
      });
    throw error;
  }
}

/** The whole disk in the request that ends the upload: the fastest way, and the most widely supported. */
async function inOneRequest(repository: Repository, disk: Disk, location: URL, known: Pushed, call: Call): Promise<Pushed> {
  const what = `uploading to ${repository.shown}`;
  return orCancel(
    repository,
    location,
    () => known,
    call,
    async () => {
      const answer = await repository.wire.send(
        {
          method: 'PUT',
          url: closingUrl(location, known.digest),
          scopes: [scope(repository, 'pull,push')],
          headers: octets,
          bytes: disk.open(),
          length: known.size,
          secretUrl: true,
        },
        call,
      );
      if (!isFine(answer)) throw uploadError(answer, answer.text, what);
      checkTaken(answer, known.digest, what);
      return endOf(disk);
    },
  );
}

/** The disk first and its digest at the end, when it is known. */
async function asStream(repository: Repository, disk: Disk, location: URL, call: Call): Promise<Pushed> {
  const what = `uploading to ${repository.shown}`;
  let at = location;
  let all: Pushed | undefined;
  return orCancel(
    repository,
    () => at,
    () => all,
    call,
    async () => {
      const answer = await repository.wire.send(
        {
          method: 'PATCH',
          url: at,
          scopes: [scope(repository, 'pull,push')],
          headers: octets,
          bytes: disk.open(),
          ...(disk.bytes === undefined ? {} : { length: disk.bytes }),
          secretUrl: true,
        },
        call,
      );
      if (!isFine(answer)) throw uploadError(answer, answer.text, what);
      at = repository.wire.resolve(answer, at);
      const ended = endOf(disk);
      all = ended;
      const isThere = (): Promise<boolean> => holdsBlob(repository, ended.digest, ended.size, call).catch(() => false);
      await closeUpload(repository, at, ended.digest, isThere, call);
      return ended;
    },
  );
}

/** Does the sending; a failure after which the disk is there was none, and after any other the upload is let go. */
async function orCancel(
  repository: Repository,
  location: URL | (() => URL),
  expected: () => Pushed | undefined,
  call: Call,
  work: () => Promise<Pushed>,
): Promise<Pushed> {
  try {
    return await work();
  } catch (error) {
    const pushed = isDoubtful(error) ? expected() : undefined;
    if (pushed && (await holdsBlob(repository, pushed.digest, pushed.size, call).catch(() => false))) return pushed;
    await cancelUpload(repository, location instanceof URL ? location : location(), call);
    throw error;
  }
}
