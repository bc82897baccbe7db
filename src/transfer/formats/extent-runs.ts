import { integrityError } from '../../core/errors.ts';
import type { RandomSource, Run, Runs } from '../extents.ts';
import { orderedConcurrency } from '../writers/ordered-concurrency.ts';
import { isZero } from '../writers/zeros.ts';
import type { ExtentBatches, PackedExtent } from './extents.ts';
import { readFully } from './byte-reader.ts';

const dataRunBytes = 1 << 20;
const zeroRunBytes = 2 ** 32;
const zeroGrainBytes = 64 << 10;
/** Compressed pieces that lie in this many bytes of the file are read in one go. */
const groupBytes = 1 << 20;
/** Reads under way ahead of the consumer. */
const readAhead = 4;

/**
 * Extents as runs: data in runs of at most 1 MiB, already read (a few ahead of the consumer) because blocks of 64 KiB that hold
 * nothing but zeros become zero runs; compressed data in runs that are read when they are asked for, neighbours together.
 * INTEGRITY where the file is truncated, or when the extents do not make up `virtualBytes`.
 */
export function runsOfExtents(source: RandomSource, batches: ExtentBatches, virtualBytes: number): Runs {
  return joinZeros(orderedConcurrency(runJobs(source, batches), readAhead), virtualBytes);
}

async function* runJobs(source: RandomSource, batches: ExtentBatches): AsyncGenerator<() => Promise<Run[]>, void, undefined> {
  const stored = storedReader(source);
  for await (const extents of batches) {
    let group: PackedExtent[] = [];
    function* flush() {
      const packed = group;
      group = [];
      if (packed.length > 0) yield () => Promise.resolve(packedRuns(source, packed));
    }
    for (const extent of extents) {
      if (extent.kind === 'packed') {
        if (!fits(group, extent)) yield* flush();
        group.push(extent);
        continue;
      }
      yield* flush();
      if (extent.kind === 'zero') {
        const { length } = extent;
        yield () => Promise.resolve([{ kind: 'zero', length }]);
        continue;
      }
      for (let done = 0; done < extent.length; done += dataRunBytes) {
        const offset = extent.offset + done;
        const length = Math.min(dataRunBytes, extent.length - done);
        yield () => stored(offset, length);
      }
    }
    yield* flush();
  }
}

/**
 * Reads stored data as runs. Memory that nobody needs any more, because nothing but zeros came or every run of it is done with, goes
 * into the next read: it would lie about uncollected otherwise, and be paid for again.
 */
function storedReader(source: RandomSource): (offset: number, length: number) => Promise<Run[]> {
  const spare: Uint8Array[] = [];
  return async (offset, length) => {
    if (!source.readInto || length < dataRunBytes) return splitZeros(await readFully(source, offset, length, 'the data'));
    const memory = spare.pop() ?? Buffer.allocUnsafeSlow(length);
    const runs = splitZeros(await readFully(source, offset, length, 'the data', memory));
    let needed = runs.filter(({ kind }) => kind === 'data').length;
    if (needed === 0) spare.push(memory);
    const done = (): void => {
      needed -= 1;
      if (needed === 0) spare.push(memory);
    };
    return runs.map((run) => (run.kind === 'data' ? { ...run, done } : run));
  };
}

/** Whether a piece goes on where the group ends, near enough to be read with it. */
function fits(group: readonly PackedExtent[], next: PackedExtent): boolean {
  const first = group[0];
  const last = group.at(-1);
  if (first === undefined || last === undefined) return true;
  return (
    next.offset >= last.offset && next.offset <= last.offset + last.size && next.offset + next.size - first.offset <= groupBytes
  );
}

function packedRuns(source: RandomSource, group: readonly PackedExtent[]): Run[] {
  const start = group[0]?.offset ?? 0;
  const end = Math.max(...group.map((extent) => extent.offset + extent.size));
  let reading: Promise<Uint8Array> | undefined;
  const bytesOf = async (extent: PackedExtent) => {
    reading ??= readFully(source, start, end - start, 'compressed data');
    return (await reading).subarray(extent.offset - start, extent.offset - start + extent.size);
  };
  return group.map((extent) => packedRun(extent, () => bytesOf(extent)));
}

/** A compressed piece as a run; `bytes` gives what the file holds of it. */
export function packedRun(extent: PackedExtent, bytes: () => Promise<Uint8Array>): Run {
  const { length, full, codec } = extent;
  const read = async () => {
    const unpacked = await codec.unpack(await bytes(), extent);
    return length < full ? unpacked.subarray(0, length) : unpacked;
  };
  // The last piece may stand for more than is left of the disk: then its deflate data is of no use.
  if (codec.deflated === undefined || length < full) return { kind: 'data', length, read };
  return { kind: 'deflate', length, read, deflated: async () => codec.deflated?.(await bytes(), extent) ?? new Uint8Array() };
}

/** Bytes as runs; blocks of 64 KiB without anything in them become zero runs. Nothing is copied. */
export function splitZeros(bytes: Uint8Array): Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < bytes.length;) {
    const zero = grainIsZero(bytes, from);
    let to = from;
    do to = Math.min(to + zeroGrainBytes, bytes.length);
    while (to < bytes.length && grainIsZero(bytes, to) === zero);
    const data = bytes.subarray(from, to);
    const length = to - from;
    runs.push(zero ? { kind: 'zero', length } : { kind: 'data', length, read: () => Promise.resolve(data) });
    from = to;
  }
  return runs;
}

function grainIsZero(bytes: Uint8Array, from: number): boolean {
  return bytes[from] === 0 && isZero(bytes.subarray(from, from + zeroGrainBytes));
}

/** Joins neighbouring zero runs, and counts. */
async function* joinZeros(lists: AsyncIterable<readonly Run[]>, virtualBytes: number): Runs {
  let zeros = 0;
  let total = 0;
  for await (const runs of lists) {
    for (const run of runs) {
      total += run.length;
      if (run.kind === 'zero') {
        zeros += run.length;
        continue;
      }
      yield* zeroRuns(zeros);
      zeros = 0;
      yield run;
    }
  }
  yield* zeroRuns(zeros);
  if (total !== virtualBytes) throw integrityError(`reading the image gave ${total} bytes, its header says ${virtualBytes}`);
}

function* zeroRuns(length: number): Generator<Run> {
  for (let left = length; left > 0; left -= zeroRunBytes) yield { kind: 'zero', length: Math.min(left, zeroRunBytes) };
}
