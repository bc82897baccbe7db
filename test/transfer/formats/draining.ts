import { createHash } from 'node:crypto';
import { findingOf, inspect, readRuns, decompress, type Inspection } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes } from '../../../src/transfer/formats/byte-reader.ts';
import type { RandomSource, Runs } from '../../../src/transfer/extents.ts';

/** A disk as its runs gave it. */
export interface Drained {
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes by kind of run. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly longestData: number;
}

/** Reads all runs, holding each to what it promises. */
export async function drain(runs: Runs): Promise<Drained> {
  const hash = createHash('sha256');
  const kinds: Record<string, number> = {};
  let [bytes, longestData] = [0, 0];
  for await (const run of runs) {
    bytes += run.length;
    kinds[run.kind] = (kinds[run.kind] ?? 0) + run.length;
    if (run.kind === 'zero')
      for (let left = run.length; left > 0; left -= 1 << 20) hash.update(Buffer.alloc(Math.min(left, 1 << 20)));
    else {
      const content = await run.read();
      if (content.length !== run.length) throw new Error(`a run of ${run.length} bytes gave ${content.length}`);
      longestData = Math.max(longestData, run.length);
      hash.update(content);
    }
  }
  return { bytes, sha256: hash.digest('hex'), kinds, longestData };
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes as a stream in pieces of `size`, each valid only until the next one is asked for. */
export async function* streamOf(bytes: Uint8Array, size = 64 << 10): AsyncGenerator<Uint8Array, void, undefined> {
  const piece = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    piece.set(part);
    yield piece.subarray(0, part.length);
    piece.fill(0xdd);
  }
  await Promise.resolve();
}

export async function gather(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

/** What came of a file: its inspection, and the disk in it or the code of the refusal. */
export interface Outcome {
  readonly inspection: Inspection;
  readonly rejects: readonly string[];
  readonly drained?: Drained;
}

/** What a user of the formats does: inspect, unwrap, inspect again, read. `limitBytes` bounds what comes out of a wrapper. */
export async function handle(file: Uint8Array, limitBytes: number): Promise<Outcome> {
  const inspection = await inspect(sourceOfBytes(file));
  const rejects = rejectsOf(inspection);
  if (rejects.length > 0) return { inspection, rejects };
  try {
    const source = await unwrapped(file, inspection, limitBytes);
    return { inspection, rejects, drained: await drain(readRuns(source, await inspect(source))) };
  } catch (error) {
    const code = findingOf(error)?.code;
    if (code === undefined) throw error;
    return { inspection, rejects: [code] };
  }
}

async function unwrapped(file: Uint8Array, { compression }: Inspection, limitBytes: number): Promise<RandomSource> {
  return sourceOfBytes(compression === undefined ? file : await gather(decompress(compression, streamOf(file), limitBytes)));
}

export function rejectsOf(inspection: Inspection): string[] {
  return inspection.findings.filter((finding) => finding.level === 'reject').map((finding) => finding.code);
}
