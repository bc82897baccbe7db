import { ImgctlError, limitError, networkError, providerError } from '../../core/errors.ts';
import type { ApiAnswer, Bytes } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { humanSize } from '../../core/quantity.ts';
import { holdsBlob } from './blobs.ts';
import { isDoubtful } from './manifests.ts';
import type { Disk, Pushed } from './push-disk.ts';
import { refused } from './refusal.ts';
import { scope, type Repository } from './repository.ts';
import { cancelUpload, finishUpload, octets, startUpload, tooLarge } from './session.ts';
import { isFine } from './wire.ts';

/** An upload under way: where its next bytes go, and how many the registry has acknowledged. */
interface Session {
  location: URL;
  border: number;
}

/** How often an upload is begun again from its first byte, after the registry has forgotten it. */
const mostBeginnings = 3;

/** A chunk is held in memory: bytes that no registry can ask for. */
const mostMemory = 1024 ** 3;

/** The registry knows nothing of the upload any more. */
class Forgotten extends Error {}

/**
 * A disk in chunks. A chunk whose sending fails is sent again from the last border that the registry still knows; where it
 * has forgotten the upload, all is begun again, and a warning says so.
 */
export async function pushChunks(
  repository: Repository,
  disk: Disk,
  chunkBytes: number,
  end: () => Pushed,
  call: Call,
): Promise<Pushed> {
  for (let beginning = 1; ; beginning += 1) {
    const { location, answer } = await startUpload(repository, call);
    const session: Session = { location, border: 0 };
    // Some registries want chunks of a least size (distribution-spec 1.1, `OCI-Chunk-Min-Length`).
    const least = Number(answer.headers['oci-chunk-min-length'] ?? 0);
    if (least > mostMemory)
      throw limitError(`${repository.shown} wants chunks of ${humanSize(least)}`, { hint: 'leave chunkSize out of the profile' });
    try {
      return await pushAll(repository, session, disk, least > chunkBytes ? least : chunkBytes, end, call);
    } catch (error) {
      if (!(error instanceof Forgotten)) {
        await cancelUpload(repository, session.location, call);
        throw error;
      }
      const reached = `${repository.shown} has forgotten the upload after ${humanSize(session.border)}`;
      if (!disk.repeatable || beginning === mostBeginnings)
        throw networkError(reached, disk.repeatable ? {} : { hint: 'the source can be read only once; name a file instead' });
      call.note({ kind: 'warning', message: `${reached}; it is begun again` });
    }
  }
}

async function pushAll(
  repository: Repository,
  session: Session,
  disk: Disk,
  chunkBytes: number,
  end: () => Pushed,
  call: Call,
): Promise<Pushed> {
  for await (const chunk of chunksOf(disk.open(), chunkBytes)) await pushChunk(repository, session, chunk, call);
  const all = end();
  try {
    await finishUpload(repository, session.location, all.digest, '', call);
  } catch (error) {
    // The answer may have been lost, and the disk be there.
    if (isDoubtful(error) && (await holdsBlob(repository, all.digest, all.size, call).catch(() => false))) return all;
    if (error instanceof ImgctlError && error.code === 'NETWORK' && error.circumstances.status === 404) throw new Forgotten();
    throw error;
  }
  return all;
}

/** The bytes in pieces of one size, the last one shorter. The piece is valid until the next is asked for. */
async function* chunksOf(bytes: Bytes, size: number): Bytes {
  const buffer = Buffer.allocUnsafe(size);
  let filled = 0;
  for await (const part of bytes)
    for (let at = 0; at < part.length;) {
      const taken = part.subarray(at, at + size - filled);
      buffer.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < size) continue;
      yield buffer;
      filled = 0;
    }
  if (filled > 0) yield buffer.subarray(0, filled);
}

async function pushChunk(repository: Repository, session: Session, chunk: Uint8Array, call: Call): Promise<void> {
  const start = session.border;
  const end = start + chunk.length;
  while (session.border < end) {
    const from = session.border;
    const failure = await sendPart(repository, session, chunk.subarray(from - start), call);
    if (failure) await recover(repository, session, failure, call);
    if (session.border < start || session.border > end)
      throw providerError(`${repository.shown} has ${session.border} bytes of an upload; between ${start} and ${end} were sent`);
    if (session.border === from && !failure) throw providerError(`${repository.shown} takes chunks and keeps nothing of them`);
  }
}

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}

/** Sends bytes and moves the border. Returns the failure where another try may help; throws any other. */
async function sendPart(
  repository: Repository,
  session: Session,
  bytes: Uint8Array,
  call: Call,
): Promise<ImgctlError | undefined> {
  const last = session.border + bytes.length - 1;
  let answer: ApiAnswer;
  try {
    answer = await repository.wire.send(
      {
        method: 'PATCH',
        url: session.location,
        scopes: [scope(repository, 'pull,push')],
        headers: { ...octets, 'content-range': `${session.border}-${last}` },
        bytes: once(bytes),
        length: bytes.length,
        secretUrl: true,
      },
      call,
    );
  } catch (error) {
    if (isDoubtful(error)) return error;
    throw error;
  }
  if (!isFine(answer)) {
    const error = refused(answer, answer.text, `uploading to ${repository.shown}`, tooLarge(answer.status));
    if (answer.status === 404 || answer.status === 416 || isDoubtful(error)) return error;
    throw error;
  }
  session.location = repository.wire.resolve(answer, session.location);
  session.border = borderOf(answer) ?? last + 1;
  return undefined;
}

/**
 * How many bytes the registry has. Oddity: `0-0` is both none and one byte; chunks are never that short, so it is none.
 * Absent where it does not say.
 */
function borderOf({ headers }: ApiAnswer): number | undefined {
  const last = Number(/^(?:bytes[ =])?0-(\d+)$/.exec(headers.range ?? '')?.[1] ?? Number.NaN);
  return Number.isNaN(last) ? undefined : last === 0 ? 0 : last + 1;
}

/** Asks the registry where an upload stands. Throws Forgotten when it does not know it, `failure` when no try is left. */
async function recover(repository: Repository, session: Session, failure: ImgctlError, call: Call): Promise<void> {
  if (call.retries.left <= 0) throw failure;
  call.retries.left -= 1;
  call.note({ kind: 'retry', reason: failure.message, afterMs: 0 });
  const ask = {
    method: 'GET',
    url: session.location,
    scopes: [scope(repository, 'pull,push')],
    secretUrl: true,
    welcome: [404, 416],
  } as const;
  const answer = await repository.wire.ask({ ...ask, what: `asking how far an upload to ${repository.shown} got` }, call);
  if (!isFine(answer)) throw new Forgotten();
  if (answer.headers.location !== undefined) session.location = repository.wire.resolve(answer, session.location);
  session.border = borderOf(answer) ?? 0;
}
