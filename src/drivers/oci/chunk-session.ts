import { ImgctlError, limitError, networkError } from '../../core/errors.ts';
import type { ApiAnswer, Bytes } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { humanSize } from '../../core/quantity.ts';
import type { OciClient, Pace } from './client.ts';
import { isDoubtful } from './manifests.ts';
import { PayloadTooLarge, uploadError } from './payload-too-large.ts';
import { scope, type Repository } from './repository.ts';
import { isFine } from './transport.ts';
import { octets } from './upload-session.ts';

/** Where a disk goes, and how it is cut. */
export type ChunkTarget = Pick<OciClient, 'home' | 'chunkBytes' | 'pace'>;

/** An upload under way: where its next bytes go, and how many the registry has acknowledged. */
export interface ChunkSession {
  location: URL;
  border: number;
  /** The least that the registry takes in a request, but for the last one. */
  readonly least: number;
  readonly pace: Pace;
  /** A token was refused, and nothing was taken since. */
  refused: boolean;
  /** A request has failed: how far the registry got has to be asked. */
  isDoubtful: boolean;
}

/** Requests of fewer bytes would be mostly headers: what refuses them refuses disks. */
export const smallestRequest = 64 * 1024;

/** A chunk is held in memory: bytes that no registry can ask for. */
const mostMemory = 1024 ** 3;

/** Throws LIMIT where the registry wants more at once than fits into memory. */
export function sessionAt({ home, pace }: ChunkTarget, location: URL, answer: ApiAnswer | undefined): ChunkSession {
  // Some registries require chunks of a least size (distribution-spec 1.1, `OCI-Chunk-Min-Length`).
  const least = Number(answer?.headers['oci-chunk-min-length'] ?? 0);
  if (least > mostMemory)
    throw limitError(`${home.shown} requires chunks of at least ${humanSize(least)}`, {
      hint: 'Remove chunkSize in the profile.',
    });
  return { location, border: 0, least: Math.max(least, smallestRequest), pace, refused: false, isDoubtful: false };
}

/** The registry knows nothing of the upload any more. */
export const forgotten = ({ shown }: Repository, { border }: ChunkSession): ImgctlError =>
  networkError(`${shown} dropped the upload at ${humanSize(border)}`, { lost: true });

async function* once(bytes: Uint8Array): Bytes {
  yield bytes;
}

/** Sends bytes and moves the border. Returns the failure where another try may help; throws any other. */
export async function sendPart(
  repository: Repository,
  session: ChunkSession,
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

/** Asks the registry where an upload stands. Throws NETWORK, with `lost`, when it does not know it. */
export async function askBorder(repository: Repository, session: ChunkSession, call: Call): Promise<void> {
  const ask = {
    method: 'GET',
    url: session.location,
    scopes: [scope(repository, 'pull,push')],
    secretUrl: true,
    welcome: [404, 416],
  } as const;
  const answer = await repository.wire.ask({ ...ask, what: `checking the upload to ${repository.shown}` }, call);
  if (!isFine(answer)) throw forgotten(repository, session);
  if (answer.headers.location !== undefined) session.location = repository.wire.resolve(answer, session.location);
  session.border = borderOf(answer) ?? 0;
  session.isDoubtful = false;
}
