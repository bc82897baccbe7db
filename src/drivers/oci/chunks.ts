import { ImgctlError, limitError, networkError, providerError } from '../../core/errors.ts';
import type { ApiAnswer, Bytes } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { humanSize } from '../../core/quantity.ts';
import { beforeRetry } from '../../core/retry.ts';
import { holdsBlob } from './blobs.ts';
import { isDoubtful } from './manifests.ts';
import type { Disk, Pushed } from './push-disk.ts';
import { scope, type Repository } from './repository.ts';
import { cancelUpload, closeUpload, octets, startUpload } from './upload-session.ts';
import { uploadError, PayloadTooLarge } from './payload-too-large.ts';
import { isFine } from './transport.ts';

/** How much goes into one request: less than a chunk once one was too much. Learned for good, also where all is begun again. */
interface Pace {
  most: number;
}

/** An upload under way: where its next bytes go, and how many the registry has acknowledged. */
interface Session {
  location: URL;
  border: number;
  /** The least that the registry takes in a request, but for the last one. */
  readonly least: number;
  readonly pace: Pace;
  /** A token was refused, and nothing was taken since. */
  refused: boolean;
}

/** Requests of fewer bytes would be mostly headers: what refuses them refuses disks. */
const smallestRequest = 64 * 1024;

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
  const pace = { most: mostMemory };
  for (let beginning = 1; ; beginning += 1) {
    const { location, answer } = await startUpload(repository, call);
    // Some registries require chunks of a least size (distribution-spec 1.1, `OCI-Chunk-Min-Length`).
    const least = Number(answer.headers['oci-chunk-min-length'] ?? 0);
    if (least > mostMemory)
      throw limitError(`${repository.shown} requires chunks of at least ${humanSize(least)}`, {
        hint: 'Remove chunkSize from the profile.',
      });
    const session: Session = { location, border: 0, least: Math.max(least, smallestRequest), pace, refused: false };
    try {
      return await pushAll(repository, session, disk, least > chunkBytes ? least : chunkBytes, end, call);
    } catch (error) {
      if (!(error instanceof Forgotten)) {
        await cancelUpload(repository, session.location, call);
        throw error;
      }
      const reached = `${repository.shown} dropped the upload at ${humanSize(session.border)}`;
      if (!disk.repeatable || beginning === mostBeginnings)
        throw networkError(reached, disk.repeatable ? {} : { hint: 'Use a file instead: the source can be read only once.' });
      call.note({ kind: 'warning', message: `${reached}; starting again` });
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
  const isThere = (): Promise<boolean> => holdsBlob(repository, all.digest, all.size, call).catch(() => false);
  try {
    await closeUpload(repository, session.location, all.digest, isThere, call);
  } catch (error) {
    if (error instanceof ImgctlError && error.circumstances.status === 404) throw new Forgotten();
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
  for (let tries = 1; session.border < end; tries += 1) {
    const from = session.border;
    const part = chunk.subarray(from - start, from - start + session.pace.most);
    const failure = await sendPart(repository, session, part, call);
    const isFirstRefusal = failure?.code === 'AUTH' && !session.refused;
    session.refused = failure?.code === 'AUTH';
    // It has just been renewed: as much may go in time now.
    if (isFirstRefusal) continue;
    if (failure instanceof PayloadTooLarge) {
      // Oddity: 416 is "not from there", and of some registries "not so much": then the border is where it was thought to be.
      if (failure.circumstances.status === 416) await askBorder(repository, session, call);
      if (session.border === from) sendLess(repository, session, part.length, failure, call);
      else await beforeRetry(failure, tries, call);
    } else if (failure) {
      await beforeRetry(failure, tries, call);
      await askBorder(repository, session, call);
    }
    if (session.border < start || session.border > end)
      throw providerError(`${repository.shown} reports ${session.border} bytes of the upload, expected ${start} to ${end}`);
    if (session.border === from && !failure) throw providerError(`${repository.shown} accepts chunks but stores nothing of them`);
  }
}

/** From now on half as much goes into a request. Throws `failure` where that would be too little. */
function sendLess({ shown }: Repository, { least, pace }: Session, tried: number, failure: PayloadTooLarge, call: Call): void {
  const { status } = failure.circumstances;
  if (tried <= least)
    throw new ImgctlError(failure.code, failure.message, {
      ...(status === undefined ? {} : { status }),
      hint:
        failure.code === 'AUTH'
          ? `Check that the user may push to ${shown}.`
          : `Even ${humanSize(tried)} in one request was refused; ask the operator of the registry to raise its limit.`,
    });
  pace.most = Math.max(least, Math.ceil(tried / 2));
  call.note({
    kind: 'warning',
    message: `${shown}: ${humanSize(tried)} in one request was refused; sending ${humanSize(pace.most)}`,
  });
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
    const error = uploadError(answer, answer.text, `uploading to ${repository.shown}`);
    if (answer.status === 404 || answer.status === 429 || error instanceof PayloadTooLarge || isDoubtful(error)) return error;
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

/** Asks the registry where an upload stands. Throws Forgotten when it does not know it. */
async function askBorder(repository: Repository, session: Session, call: Call): Promise<void> {
  const ask = {
    method: 'GET',
    url: session.location,
    scopes: [scope(repository, 'pull,push')],
    secretUrl: true,
    welcome: [404, 416],
  } as const;
  const answer = await repository.wire.ask({ ...ask, what: `checking the upload to ${repository.shown}` }, call);
  if (!isFine(answer)) throw new Forgotten();
  if (answer.headers.location !== undefined) session.location = repository.wire.resolve(answer, session.location);
  session.border = borderOf(answer) ?? 0;
}
