import { closeSync, constants, createReadStream, fstatSync, open as openFd, openSync, type Stats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { Socket } from 'node:net';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { errnoCode } from '../core/errno.ts';
import { usageError, type ImgctlError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import { fileBytes, fileReadError } from './file-bytes.ts';
import { dataSpans } from './sparse-file.ts';
import { streamSource, type Source } from './source.ts';
import { changeDetector } from './file-unchanged.ts';

const highWaterMark = 1024 * 1024;
/** Not every platform has the second. */
const { O_RDONLY, O_NONBLOCK = 0 } = constants;

/**
 * A file. What cannot be read at any place (a FIFO, `/dev/stdin`, a disk, a file of the kernel) is a stream, which `signal` stops.
 * Throws NOT_FOUND or LOCAL; USAGE for a folder, and for what has no end. A file that changes while it is read is INTEGRITY.
 */
export async function fileSource(file: string, signal?: AbortSignal): Promise<Source> {
  const facts = await factsOf(file);
  if (!facts.isFile()) return streamSource(file, () => streamOf(file, signal), signal);
  const flags = O_RDONLY | O_NONBLOCK;
  const handle = await open(file, flags).catch((cause: unknown) => Promise.reject(fileReadError(cause, file)));
  const begin = facts.size === 0 ? await beginningOf(handle) : 'as it says';
  if (begin === 'as it says') return ofHandle(handle, file);
  await handle.close();
  if (begin === 'endless') throw endless(file);
  return streamSource(file, () => streamOf(file, signal, flags), signal);
}

/** Throws as `fileSource` where there is no such file; it is not opened. */
export async function mustBeThere(file: string): Promise<void> {
  await factsOf(file);
}

async function factsOf(file: string): Promise<Stats> {
  const facts = await stat(file).catch((cause: unknown) => Promise.reject(fileReadError(cause, file)));
  if (facts.isDirectory()) throw usageError(`${file} is a folder, not a disk image`);
  if (facts.isSocket() && !handedDown.test(file)) throw usageError(`${file} is a socket, not a disk image`);
  // Elsewhere than on Linux disks are such devices, too.
  if (facts.isCharacterDevice() && process.platform === 'linux' && !handedDown.test(file))
    throw usageError(`${file} is a character device, not a disk image`, {
      hint: 'Specify a file, or the block device of a disk.',
    });
  return facts;
}

/** What is open already, whatever it is. */
const handedDown = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;

/** Files of the kernel say that they are empty, and are not; some, such as its log, never end, and would be waited for. */
async function beginningOf(handle: FileHandle): Promise<'as it says' | 'has bytes' | 'endless'> {
  const read = handle.read(Buffer.alloc(1), 0, 1, 0).then(({ bytesRead }) => (bytesRead > 0 ? 'has bytes' : 'as it says'));
  return read.catch((error: unknown) => (errnoCode(error) === 'EAGAIN' ? 'endless' : 'as it says'));
}

const endless = (file: string): ImgctlError => usageError(`${file} has no end: it is no disk image`);

/** An open file as a source; closing the source closes it. Its bytes are those of now: INTEGRITY when they change. */
export async function ofHandle(handle: FileHandle, file: string): Promise<Source> {
  const check = changeDetector(handle.fd, file);
  const { size, blocks } = await handle.stat();
  // Windows does not say.
  const allocatedBytes = process.platform === 'win32' ? size : Math.min(size, blocks * 512);
  // Half of it is holes, at least.
  const isThin = allocatedBytes < size / 2;
  let spans: ReturnType<typeof dataSpans> | undefined;
  const readInto = async (memory: Uint8Array, offset: number): Promise<Uint8Array> => {
    const wanted = Math.max(0, Math.min(memory.length, size - offset));
    const { bytesRead } = await handle
      .read(memory, 0, wanted, offset)
      .catch((cause: unknown) => Promise.reject(fileReadError(cause, file)));
    check();
    return memory.subarray(0, bytesRead);
  };
  return {
    name: file,
    fileName: path.basename(file),
    bytes: size,
    allocatedBytes,
    repeatable: true,
    path: path.resolve(file),
    near: true,
    open: (from = 0, to = size - 1) => checked(fileBytes(handle, { from, to: Math.min(to, size - 1), name: file }), check),
    random: {
      size,
      read: (offset, length) => readInto(Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset))), offset),
      readInto,
      ...(isThin ? { spans: () => (spans ??= dataSpans(handle.fd, size)) } : {}),
    },
    close: () => handle.close(),
  };
}

/** The same bytes; none that were read before the file changed is followed by one that was read afterwards. */
async function* checked(bytes: Bytes, check: () => void): Bytes {
  for await (const chunk of bytes) {
    check();
    yield chunk;
  }
  check();
}

/** What is read in order, from wherever it stands. */
async function* streamOf(file: string, signal: AbortSignal | undefined, flags = O_RDONLY): Bytes {
  const fd = await openStream(file, signal, flags);
  const stream = readableOf(fd, file);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    throw errnoCode(error) === 'EAGAIN' ? endless(file) : fileReadError(error, file);
  } finally {
    stream.destroy();
  }
}

/** A pipe is waited for without a thread that nobody could call back. */
function readableOf(fd: number, file: string): Readable {
  const facts = fstatSync(fd);
  return facts.isFIFO() || facts.isSocket()
    ? new Socket({ fd, readable: true, writable: false })
    : createReadStream(file, { fd, highWaterMark });
}

/** Opens what somebody else may have to open first: a FIFO that nobody writes to. When `signal` fires it is opened by us. */
async function openStream(file: string, signal: AbortSignal | undefined, flags: number): Promise<number> {
  const [, inherited] = handedDown.exec(file) ?? [];
  if (inherited !== undefined) return Number(inherited);
  const relieve = (): void => {
    try {
      closeSync(openSync(file, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // Nobody waits there any more.
    }
  };
  signal?.addEventListener('abort', relieve, { once: true });
  try {
    return await new Promise((resolve, reject) =>
      openFd(file, flags, (error, fd) => (error ? reject(fileReadError(error, file)) : resolve(fd))),
    );
  } finally {
    signal?.removeEventListener('abort', relieve);
  }
}
