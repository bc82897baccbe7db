import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  abortedError,
  answerError,
  integrityError,
  localError,
  networkError,
  notFoundError,
  usageError,
} from '../core/errors.ts';
import type { Format } from '../core/encoding.ts';
import type { Bytes, Http, ReceiveAnswer } from '../core/http.ts';
import type { Call, Digests, Download } from '../core/operation.ts';
import { fileBytes } from './file-bytes.ts';
import type { RandomSource } from './runs.ts';

/** Where bytes come from. `open` gives those from `from` up to and with `to`; more than once only where `repeatable`. */
export interface Source {
  /** For messages: a path, a URL without its query, `standard input`, `profile:image`. */
  readonly name: string;
  /** The file name it came under, whose ending may promise a format; absent where there is none. */
  readonly fileName?: string;
  readonly bytes?: number;
  readonly repeatable: boolean;
  /** Digests that whoever offers the bytes has published. */
  readonly digests?: Digests;
  open(from?: number, to?: number): Bytes;
  /** Reading at any place; absent where there is only a stream. */
  readonly random?: RandomSource;
  /** The file behind it, where it is one. */
  readonly path?: string;
  /** It lies on this machine: reading it once more costs no network. */
  readonly near: boolean;
  /** The format that whoever offers the bytes says they have. */
  readonly declared?: Format;
  /** Content id of the disk, as whoever offers the bytes has it. */
  readonly contentId?: string;
  close(): Promise<void>;
}

/** A file. Throws NOT_FOUND or LOCAL; a folder is USAGE. */
export async function fileSource(file: string): Promise<Source> {
  const facts = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw notFoundError(`there is no file ${file}`, { cause });
    throw localError(`cannot read ${file}: ${cause.code ?? cause.message}`, { cause });
  });
  if (facts.isDirectory()) throw usageError(`${file} is a folder, not a disk image`);
  if (!facts.isFile()) return streamSource(file, () => fileBytes(file));
  const handle = await open(file, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw localError(`cannot read ${file}: ${cause.code ?? cause.message}`, { cause });
  });
  return {
    name: file,
    fileName: path.basename(file),
    bytes: facts.size,
    repeatable: true,
    path: path.resolve(file),
    near: true,
    open: (from = 0, to = facts.size - 1) => fileBytes(handle, { from, to: Math.min(to, facts.size - 1) }),
    random: {
      size: facts.size,
      async read(offset, length) {
        const wanted = Math.max(0, Math.min(length, facts.size - offset));
        const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, offset);
        return buffer.subarray(0, bytesRead);
      },
      async readInto(memory, offset) {
        const wanted = Math.max(0, Math.min(memory.length, facts.size - offset));
        const { bytesRead } = await handle.read(memory, 0, wanted, offset);
        return memory.subarray(0, bytesRead);
      },
    },
    close: () => handle.close(),
  };
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
        throw networkError(`${name} cannot be read a second time`, {
          hint: 'name a file instead, so that a retry can begin anew',
        });
      begun = true;
      return signal ? untilAborted(begin(), signal) : begin();
    },
    close: async () => undefined,
  };
}

async function* untilAborted(bytes: Bytes, signal: AbortSignal): Bytes {
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
    const abort = (): void => reject(abortedError('stopped'));
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
    if (come > wanted) throw integrityError(`${name} gave more than the ${wanted} bytes that were due`);
    yield chunk;
  }
  if (come < wanted) throw integrityError(`${name} gave ${come} bytes, not the ${wanted} that were due`);
}

/** An image's data at a provider. `near`: the provider's wire is this machine's disk, so that any place is read at once. */
export function downloadSource(download: Download, name: string, near: boolean): Source {
  const { bytes, digests } = download;
  const open = (from = 0, to?: number): Bytes => {
    const end = to ?? (bytes === undefined ? undefined : bytes - 1);
    const data = download.open(from, to);
    return end === undefined ? data : exactly(data, end - from + 1, name);
  };
  return {
    name,
    repeatable: true,
    near,
    ...(bytes === undefined ? {} : { bytes }),
    ...(digests === undefined ? {} : { digests }),
    open,
    ...(near && bytes !== undefined ? { random: randomOver(bytes, open) } : {}),
    close: async () => undefined,
  };
}

const redirectLimit = 5;

/** A file behind http or https. Redirects are followed, without credentials, never from https to http. Throws as the answer says. */
export async function urlSource(url: string, http: Http, call: Call): Promise<Source> {
  const { target, bytes, ranges } = await probe(new URL(url), http, call);
  const name = `${target.origin}${target.pathname}`;
  const receive = async function* (from = 0, to?: number): Bytes {
    const wanted = from > 0 || to !== undefined ? { range: { from, ...(to === undefined ? {} : { to }) } } : {};
    const answer = await http.receive({ url: target, ...wanted }, call);
    if (answer.status !== 200 && answer.status !== 206) throw answerError(answer, `reading ${name}`, await wordsOf(answer));
    if (from > 0 && answer.status !== 206) throw networkError(`${name} ignored the range it was asked for`);
    yield* answer.bytes;
  };
  return {
    name,
    fileName: lastPart(new URL(url)),
    repeatable: true,
    near: false,
    ...(bytes === undefined ? {} : { bytes }),
    open: receive,
    ...(ranges && bytes !== undefined ? { random: randomOver(bytes, receive) } : {}),
    close: async () => undefined,
  };
}

/** The file name that a URL was typed with: where it redirects to may be called anything. */
function lastPart({ pathname }: URL): string {
  const part = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(part);
  } catch {
    // No encoding of anything: as it is.
    return part;
  }
}

async function probe(url: URL, http: Http, call: Call): Promise<{ target: URL; bytes?: number; ranges: boolean }> {
  let target = url;
  for (let hops = 0; hops <= redirectLimit; hops += 1) {
    const answer = await http.receive({ url: target, range: { from: 0, to: 0 } }, call);
    const location = answer.headers.location;
    if (answer.status === 206 || answer.status === 200) {
      const total =
        answer.status === 206 ? /\/(\d+)$/.exec(answer.headers['content-range'] ?? '')?.[1] : answer.headers['content-length'];
      await discard(answer.bytes);
      return { target, ranges: answer.status === 206, ...(total === undefined ? {} : { bytes: Number(total) }) };
    }
    if (answer.status < 300 || answer.status >= 400 || location === undefined)
      throw answerError(answer, `reading ${target.origin}${target.pathname}`, await wordsOf(answer));
    const next = new URL(location, target);
    if (target.protocol === 'https:' && next.protocol !== 'https:')
      throw networkError(`${target.host} redirects from https to ${next.protocol}; not followed`);
    target = next;
  }
  throw networkError(`${url.host} redirects more than ${redirectLimit} times`);
}

/** Lets go of a body without reading it. */
async function discard(bytes: Bytes): Promise<void> {
  await bytes[Symbol.asyncIterator]().return?.();
}

function randomOver(size: number, open: (from: number, to: number) => Bytes): RandomSource {
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

const longestWords = 200;

/** What a server says of its refusal, cut short; a page made for a browser says nothing that the status does not. */
async function wordsOf(answer: ReceiveAnswer): Promise<string> {
  const text = (await answer.text()).trim();
  return /html/i.test(answer.headers['content-type'] ?? '') || text.startsWith('<') ? '' : text.slice(0, longestWords);
}
