import { constants } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { abortedError } from '../core/errors.ts';
import { codeOf } from './system-error.ts';

/** How long somebody else's pipe is waited for. */
export interface ReadLimits {
  readonly signal?: AbortSignal;
  /** 60 s where it is absent. */
  readonly limitMs?: number;
}

const usualLimitMs = 60_000;
const pauseMs = 10;
const portion = 64 * 1024;
const mostBytes = 16 * 1024 * 1024;
const tooLarge = 'it holds more than 16 MiB';

/** Not every platform has it. */
const { O_RDONLY, O_NONBLOCK = 0 } = constants;

/**
 * The whole of a file of settings: at most 16 MiB. What is no regular file (a FIFO, a device, `/dev/fd/63`) is not waited for by the
 * system, which nothing would end, and not longer than `limitMs`. Rejects as the system does, or with an error that has the
 * reason for its message; ABORTED when stopped.
 */
export async function readSmallFile(file: string, { signal, limitMs = usualLimitMs }: ReadLimits = {}): Promise<Buffer> {
  const facts = await stat(file);
  if (!facts.isFile() && !facts.isDirectory()) {
    // A pipe that was handed down had its writer from the beginning; to a FIFO he may still have to come.
    const mayBegin = facts.isFIFO() && !/\/fd\/\d+$|^\/dev\/stdin$/.test(file);
    return gathered(file, { mayBegin, mayWait: true, limitMs, ...(signal ? { signal } : {}) });
  }
  if (facts.size > mostBytes) throw new Error(tooLarge);
  // Files of the kernel say that they are empty, and are not; some never end.
  return facts.isFile() && facts.size === 0
    ? gathered(file, { mayBegin: false, mayWait: false, limitMs, ...(signal ? { signal } : {}) })
    : readFile(file);
}

/** The whole of a regular file, however long; a link may lead to it. Rejects as the system does, and at once for what is none. */
export async function readRegularFile(file: string): Promise<Buffer> {
  const handle = await open(file, O_RDONLY | O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) throw new Error('it is not a regular file');
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

interface Gathering extends ReadLimits {
  readonly limitMs: number;
  /** Whoever writes may still have to come. */
  readonly mayBegin: boolean;
  /** What is not there yet may come. */
  readonly mayWait: boolean;
}

async function gathered(file: string, { mayBegin, mayWait, signal, limitMs }: Gathering): Promise<Buffer> {
  const handle = await open(file, O_RDONLY | O_NONBLOCK);
  const deadline = Date.now() + limitMs;
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for (;;) {
      if (signal?.aborted) throw abortedError(`interrupted while ${file} was read`);
      if (Date.now() > deadline) throw new Error(`it did not end within ${timeOf(limitMs)}`);
      const memory = Buffer.allocUnsafe(portion);
      const bytesRead = await handle.read(memory, 0, portion, null).then((read) => read.bytesRead, unlessBusy);
      if (bytesRead === 0 && (bytes > 0 || !mayBegin)) return Buffer.concat(parts);
      if (bytesRead) parts.push(memory.subarray(0, bytesRead));
      else if (mayWait) await sleep(pauseMs);
      else throw new Error('it has no end');
      bytes += bytesRead ?? 0;
      if (bytes > mostBytes) throw new Error(tooLarge);
    }
  } finally {
    await handle.close();
  }
}

/** Absent: there is nothing yet, and somebody is there to write it. */
function unlessBusy(error: unknown): undefined {
  if (codeOf(error) !== 'EAGAIN') throw error;
  return undefined;
}

const timeOf = (ms: number): string => (ms < 1000 ? `${ms} ms` : `${ms / 1000} s`);
