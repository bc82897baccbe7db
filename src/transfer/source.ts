import { abortedError, integrityError, networkError } from '../core/errors.ts';
import type { Format } from '../core/encoding.ts';
import { given } from '../core/image.ts';
import type { Bytes } from '../core/http.ts';
import type { Digests, Download } from '../core/operation.ts';
import type { RandomSource } from './extents.ts';
import { extentsOf, sparseBytes } from './sparse-download.ts';
import { withholdTail } from './withhold-tail.ts';

/** Where bytes come from. `open` gives those from `from` up to and with `to`; more than once only where `repeatable`. */
export interface Source {
  /** For messages: a path, a URL without its query, `standard input`, `profile:image`. */
  readonly name: string;
  /** The file name it came under, whose ending may promise a format; absent where there is none. */
  readonly fileName?: string;
  readonly bytes?: number;
  /** How much of it takes room; absent where nobody says so. */
  readonly allocatedBytes?: number;
  /** Tells this state of the bytes from another one, where whoever offers them says so. */
  readonly state?: string;
  /** When it was put there, as RFC 3339, where whoever offers the bytes says so. */
  readonly modifiedAt?: string;
  readonly repeatable: boolean;
  /** False: what is opened in the middle may be of another file by now. Absent: it may not. */
  readonly continues?: boolean;
  /** Digests that whoever offers the bytes has published. */
  readonly digests?: Digests;
  /** What the bytes are held against by whoever opens them, besides `digests`: a digest of theirs, or a `signature`. */
  readonly verifiedBy?: string;
  open(from?: number, to?: number): Bytes;
  /** Reading at any place; absent where there is only a stream. */
  readonly random?: RandomSource;
  /** The file behind it, where it is one. */
  readonly path?: string;
  /** It lies on this machine: reading it once more costs no network. */
  readonly near: boolean;
  /** The archive of which it is one member: digests that anybody has published, or asks for, are those of the archive. */
  readonly archive?: Source;
  /** The format that whoever offers the bytes says they have. */
  readonly declared?: Format;
  /** Content id of the disk, as whoever offers the bytes has it. */
  readonly contentId?: string;
  close(): Promise<void>;
}

/** A stream that can be read once, such as standard input. Where nothing comes, `signal` ends the waiting with ABORTED. */
export function streamSource(name: string, begin: () => Bytes, signal?: AbortSignal): Source {
  let begun = false;
  return {
    name,
    repeatable: false,
    near: false,
    open(from = 0) {
      if (begun || from > 0)
        throw networkError(`${name} can be read only once`, { hint: 'Use a file instead: it can be read again for a retry.' });
      begun = true;
      return signal ? untilAborted(begin(), signal) : begin();
    },
    close: async () => undefined,
  };
}

/** The same bytes; where nothing comes, `signal` ends the waiting with ABORTED. */
export async function* untilAborted<Piece>(
  bytes: AsyncIterable<Piece>,
  signal: AbortSignal,
): AsyncGenerator<Piece, void, undefined> {
  const iterator = bytes[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // It may be stuck in a read that never ends.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortedError('interrupted'));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Bytes that must be this many. Throws INTEGRITY at the first that is too many, or at the end when there are too few. */
async function* exactly(bytes: Bytes, wanted: number, name: string): Bytes {
  let come = 0;
  for await (const chunk of bytes) {
    come += chunk.length;
    if (come > wanted) throw integrityError(`${name}: got more than the expected ${wanted} bytes`);
    yield chunk;
  }
  if (come < wanted) throw integrityError(`${name}: got ${come} bytes, expected ${wanted}`);
}

/**
 * An image's data at a provider. `near`: the provider's wire is this machine's disk, so that any place is read at once. What of a raw
 * disk was never written is not asked for.
 */
export function downloadSource(download: Download, name: string, near: boolean): Source {
  const { bytes, digests } = download;
  const data = (from = 0, to?: number): Bytes => {
    const end = bytes === undefined ? undefined : (to ?? bytes - 1);
    const given = download.open(from, to);
    // Of a file whose size nobody knows, what is asked for may be more than there is.
    const whole = end === undefined ? given : exactly(given, end - from + 1, name);
    // Its verdict comes behind its last byte.
    return download.verifiedBy && from === 0 && to === undefined ? withholdTail(whole, bytes, () => undefined) : whole;
  };
  const extents = isSparse(download) && bytes !== undefined ? extentsOf(() => download.extents(), bytes, name, near) : undefined;
  const open = (from = 0, to?: number): Bytes =>
    extents && bytes !== undefined
      ? sparseBytes(extents.behind(from), { from, end: (to ?? bytes - 1) + 1, size: bytes, name }, data)
      : data(from, to);
  return {
    name,
    repeatable: true,
    near,
    ...(bytes === undefined ? {} : { bytes }),
    ...(digests === undefined ? {} : { digests }),
    ...given({ verifiedBy: download.verifiedBy }),
    open,
    ...(near && bytes !== undefined
      ? { random: { ...randomOver(bytes, open), ...(extents ? { spans: extents.all } : {}) } }
      : {}),
    close: async () => undefined,
  };
}

/** Whether it is known what of the disk was written. Of what has a format or a wrapper of its own, that is not what its bytes are. */
const isSparse = (download: Download): download is Download & Required<Pick<Download, 'extents'>> =>
  download.extents !== undefined &&
  (download.encoding?.format ?? 'raw') === 'raw' &&
  download.encoding?.compression === undefined;

/** Reads at any place by opening the bytes from there on. */
export function randomOver(size: number, open: (from: number, to: number) => Bytes): RandomSource {
  return {
    size,
    async read(offset, length) {
      const end = Math.min(size, offset + length);
      if (end <= offset) return new Uint8Array(0);
      const whole = Buffer.allocUnsafe(end - offset);
      let filled = 0;
      for await (const chunk of open(offset, end - 1)) {
        whole.set(chunk.subarray(0, whole.length - filled), filled);
        filled += Math.min(chunk.length, whole.length - filled);
      }
      return whole.subarray(0, filled);
    },
  };
}
