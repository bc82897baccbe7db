import type { RandomSource, Run, Runs } from '../extents.ts';
import { zeroMiB } from '../writers/zeros.ts';
import type { Extent } from './extents.ts';
import { findingError, type Report } from './findings.ts';
import { headBytes, readFully } from './byte-reader.ts';
import { nestedFormat } from './sniff.ts';

/** What a disk begins with that is kept in extents: they need not be more than those of its beginning. */
async function headOf(source: RandomSource, extents: readonly Extent[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let known = 0;
  for (const extent of extents) {
    if (known >= headBytes) break;
    const length = Math.min(extent.length, headBytes - known);
    pieces.push((await bytesOf(source, extent, length)).subarray(0, length));
    known += length;
  }
  return Buffer.concat(pieces);
}

async function bytesOf(source: RandomSource, extent: Extent, length: number): Promise<Uint8Array> {
  if (extent.kind === 'zero') return zeroMiB.subarray(0, length);
  if (extent.kind === 'stored') return readFully(source, extent.offset, length, 'the data');
  return extent.codec.unpack(await readFully(source, extent.offset, extent.size, 'compressed data'), extent);
}

const message = (name: string): string => `the disk in it begins as a ${name} image`;

/** Reports a disk that, written out as it is, would be taken for another image: one that may name any file of whoever opens it. */
export async function checkNestedImage(source: RandomSource, extents: readonly Extent[], report: Report): Promise<void> {
  const name = nestedFormat(await headOf(source, extents));
  if (name !== undefined) report.reject('nested_image', message(name));
}

/** The same runs. Throws INTEGRITY (`nested_image`) in front of the first for such a disk. */
export async function* withoutNestedImage(runs: Runs): Runs {
  const held: Run[] = [];
  const pieces: Uint8Array[] = [];
  let known = 0;
  for await (const run of runs) {
    if (known >= headBytes) {
      yield run;
      continue;
    }
    held.push(run);
    const length = Math.min(run.length, headBytes - known);
    pieces.push(run.kind === 'zero' ? zeroMiB.subarray(0, length) : Buffer.from((await run.read()).subarray(0, length)));
    known += length;
    if (known >= headBytes) yield* released();
  }
  yield* released();

  function* released(): Generator<Run> {
    const name = nestedFormat(Buffer.concat(pieces.splice(0)));
    if (name !== undefined) throw findingError('nested_image', message(name));
    yield* held.splice(0);
  }
}
