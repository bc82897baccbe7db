import type { Block, BlockFacts, BlockUpload, ContentFacts } from '../../core/blocks.ts';
import { ImgctlError, networkError, notFoundError, providerError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { humanSize } from '../../core/quantity.ts';
import { beforeRetry, isPassing } from '../../core/retry.ts';
import { holdsBlob } from './blobs.ts';
import {
  askBorder,
  forgotten,
  sendPart,
  sessionAt,
  smallestRequest,
  type ChunkSession,
  type ChunkTarget,
} from './chunk-session.ts';
import { PayloadTooLarge } from './payload-too-large.ts';
import { pushedOf } from './push-disk.ts';
import type { Pushed } from './disk.ts';
import type { Repository } from './repository.ts';
import { cancelUpload, closeUpload, startUpload } from './upload-session.ts';

/** Bytes of a chunk where nobody has said how many, and the whole disk is too much. */
const usualChunk = 16 * 1024 ** 2;

/** How a registry takes a disk in chunks. */
export const chunks: BlockFacts = { bytes: usualChunk, order: 'ascending', concurrency: 1, sparse: false };

/** What a disk that lies in the repository becomes. */
export type Finish<Made> = (disk: Pushed, call: Call) => Promise<Made>;

/** What may be known of a disk before it is read. */
type DiskFacts = Pick<ContentFacts, 'bytes' | 'sha256'>;

/** Begins to send a disk in chunks of `chunkBytes`, or of the least that the registry takes. */
export async function beginChunks<Made>(
  client: ChunkTarget,
  content: DiskFacts,
  finish: Finish<Made>,
  call: Call,
): Promise<BlockUpload<Made>> {
  const { location, answer } = await startUpload(client.home, call);
  try {
    return chunksTo(client, sessionAt(client, location, answer), content, finish);
  } catch (error) {
    await cancelUpload(client.home, location, call);
    throw error;
  }
}

/** Goes on with an upload that was begun before, behind what the registry has of it. Throws NOT_FOUND where it does not know it any more. */
export async function resumeChunks<Made>(
  client: ChunkTarget,
  ref: string,
  content: DiskFacts,
  finish: Finish<Made>,
  call: Call,
): Promise<BlockUpload<Made>> {
  // Another layout was asked for then.
  if (!URL.canParse(ref)) throw notFoundError(`${client.home.shown} has no such upload`);
  const session = sessionAt(client, new URL(ref), undefined);
  try {
    await askBorder(client.home, session, call);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.circumstances.lost !== true) throw error;
    throw notFoundError(`${client.home.shown} no longer knows the upload`, { cause: error });
  }
  return chunksTo(client, session, content, finish);
}

/**
 * A disk in chunks, each behind the one before it. A chunk whose sending fails is sent again from the last border that the registry
 * still knows.
 */
function chunksTo<Made>(
  { home, chunkBytes = usualChunk }: ChunkTarget,
  session: ChunkSession,
  content: DiskFacts,
  finish: Finish<Made>,
): BlockUpload<Made> {
  const blockBytes = session.least > smallestRequest ? Math.max(session.least, chunkBytes) : chunkBytes;
  return {
    get ref() {
      return session.location.href;
    },
    blockBytes,
    has: (index) => (index + 1) * blockBytes <= session.border,
    put: (block, call) => putChunk(home, session, block, call),
    async complete(sent, call) {
      const disk = pushedOf(content, sent.content);
      await endChunks(home, session, disk, call);
      return finish(disk, call);
    },
    abort: (call) => cancelUpload(home, session.location, call),
  };
}

async function endChunks(repository: Repository, session: ChunkSession, disk: Pushed, call: Call): Promise<void> {
  const isThere = (): Promise<boolean> => holdsBlob(repository, disk.digest, disk.size, call).catch(() => false);
  try {
    await closeUpload(repository, session.location, disk.digest, isThere, call);
  } catch (error) {
    throw error instanceof ImgctlError && error.circumstances.status === 404 ? forgotten(repository, session) : error;
  }
}

async function putChunk(repository: Repository, session: ChunkSession, { offset, bytes }: Block, call: Call): Promise<void> {
  const end = offset + bytes.length;
  if (session.isDoubtful) await askBorder(repository, session, call);
  checkBorder(repository, session, offset, end);
  for (let tries = 1; session.border < end; tries += 1) {
    const from = session.border;
    const part = bytes.subarray(from - offset, from - offset + session.pace.most);
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
      session.isDoubtful = true;
      throw passing(failure);
    }
    checkBorder(repository, session, offset, end);
    if (session.border === from && !failure) throw providerError(`${repository.shown} accepts chunks but stores nothing of them`);
  }
}

/** A failure where another try may help, as one that is tried again. */
function passing(failure: ImgctlError): ImgctlError {
  const isTriedAgain: boolean = isPassing(failure);
  return isTriedAgain ? failure : networkError(failure.message, failure.circumstances);
}

function checkBorder({ shown }: Repository, { border }: ChunkSession, start: number, end: number): void {
  if (border < start || border > end)
    throw providerError(`${shown} reports ${border} bytes of the upload, expected ${start} to ${end}`);
}

/** From now on half as much goes into a request. Throws `failure` where that would be too little. */
function sendLess(
  { shown }: Repository,
  { least, pace }: ChunkSession,
  tried: number,
  failure: PayloadTooLarge,
  call: Call,
): void {
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
