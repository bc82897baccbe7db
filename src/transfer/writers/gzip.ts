import { availableParallelism } from 'node:os';
import type { Bytes } from '../../core/http.ts';
import { collector } from '../../host/garbage-collection.ts';
import type { Runs } from '../extents.ts';
import { crc32Append, crc32AppendZeros, crc32Combine } from './crc32.ts';
import { deflateUnit } from './deflate.ts';
import type { DiskObserver } from './disk-observer.ts';
import { orderedConcurrency } from './ordered-concurrency.ts';
import type { Joined } from './deflate-join.ts';
import { startDeflateJoiner, type DeflateJoiner } from './deflate-joiner.ts';
import { reuseDeflate } from './deflate-reuse.ts';
import { deflateUnits, type Unit } from './deflate-units.ts';
import { deflatedZeros } from './zero-deflate.ts';
import { isZero } from './zeros.ts';

export interface GzipOptions {
  /** 1 (fastest) to 9; default 4: 3 % more bytes than 6, for 40 % less time. */
  readonly level?: number;
  /** Units at work or waiting; default: cores + 2, at most 6. About 1.2 MiB of memory each. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Sees the guest's bytes as they are written; costs no further reading or inflating. */
  readonly observer?: DiskObserver;
}

/** RFC 1952: deflate, no name, no time (the same disk gives the same file), unknown system. */
const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
/** An empty last block with fixed codes: RFC 1951, 3.2.6. */
const lastBlock = [3, 0];

/** A unit done: what to send for it, and the guest's bytes it stands for (a number: so many zeros). */
type Done = { readonly guest: number } | (Joined & { readonly done?: () => void });

/**
 * The guest's disk as one gzip member that every gunzip reads. Units are deflated side by side in Node's thread pool; zeros
 * are pasted; deflate runs are joined as they are where one native inflate proves them right, else compressed anew.
 * Throws what reading a run throws, and `signal.reason` when aborted.
 */
export async function* gzipBytes(runs: Runs, options: GzipOptions = {}): Bytes & AsyncGenerator<Uint8Array, void, undefined> {
  const { level = 4, concurrency = Math.min(availableParallelism() + 2, 6), signal, observer } = options;
  const joiner = startDeflateJoiner();
  const collect = collector('whole');
  let crc = 0;
  let length = 0;
  try {
    yield header;
    for await (const done of orderedConcurrency(jobs(runs, level, joiner), concurrency, signal)) {
      if ('deflated' in done) {
        crc = crc32Combine(crc, done.crc, done.guest.length);
        length += done.guest.length;
        await observer?.data(done.guest);
        done.done?.();
        yield done.deflated;
        // What a thread has handed over has been in use for long: collecting what is young does not find it.
        if (!done.done) collect(done.deflated.length);
      } else {
        crc = crc32AppendZeros(crc, done.guest);
        length += done.guest;
        await observer?.zeros(done.guest);
        yield* deflatedZeros(done.guest);
      }
    }
    yield trailer(crc, length);
  } finally {
    joiner.stop();
  }
}

async function* jobs(runs: Runs, level: number, joiner: DeflateJoiner): AsyncGenerator<() => Promise<Done>> {
  for await (const unit of deflateUnits(runs)) yield () => work(unit, level, joiner);
}

async function work(unit: Unit, level: number, joiner: DeflateJoiner): Promise<Done> {
  if (unit.kind === 'zero') return { guest: unit.length };
  if (unit.kind === 'deflate') return reuseDeflate(unit.runs, level, joiner);
  const guest = await unit.read();
  const { done } = unit;
  if (!isZero(guest)) return { guest, crc: crc32Append(0, guest), deflated: await deflateUnit(guest, level), done };
  done();
  return { guest: guest.length };
}

/** CRC-32 and the length modulo 2^32 (RFC 1952, 2.3.1). */
function trailer(crc: number, length: number): Uint8Array {
  const end = Buffer.alloc(10);
  end.set(lastBlock);
  end.writeUInt32LE(crc, 2);
  end.writeUInt32LE(length % 2 ** 32, 6);
  return end;
}
