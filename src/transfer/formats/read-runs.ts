import { unsupportedError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import type { RandomSource, Runs } from '../extents.ts';
import { runsOfExtents, splitZeros } from './extent-runs.ts';
import { meaningOf, findingError, type Report } from './findings.ts';
import type { Inspection } from './inspection.ts';
import { withoutNestedImage } from './nested-image.ts';
import { readEdges } from './byte-reader.ts';
import { compressionOf, formatOf } from './sniff.ts';
import { vmdkStreamRuns } from './vmdk-stream.ts';

const report: Report = {
  reject(code, message) {
    // The bytes of the disk are then not all in the file, or are none: no permission makes them readable.
    if (meaningOf(code).override) throw findingError(code, message);
  },
  warn() {},
};

/**
 * The disk in a file that is not compressed (`decompress` first), as `inspect` found it: the caller has decided what to do about its findings.
 * Headers and tables are read and checked again: INTEGRITY where they cannot be followed, where the file is truncated, where compressed
 * data is broken, or when the file is not of the format inspected. UNSUPPORTED for a compressed file. Bytes of compressed runs are views
 * of buffers that neighbours share: not to be written to.
 */
export async function* readRuns(source: RandomSource, inspection: Inspection): Runs {
  const edges = await readEdges(source);
  const compression = compressionOf(edges);
  if (compression !== undefined) throw unsupportedError(`the disk in a ${compression} file cannot be read at random`);
  const reader = formatOf(edges, report);
  if (reader.name !== inspection.format)
    throw findingError('header', `the file is ${reader.name} now, and was ${inspection.format} when it was inspected`);
  const layout = await reader.open(source, edges, report);
  if (layout.source !== undefined) {
    const member = formatOf(await readEdges(layout.source), report);
    yield* readRuns(layout.source, { format: member.name, findings: [] });
  } else if (layout.extents === undefined || layout.virtualBytes === undefined) {
    throw unsupportedError(`imgctl does not read disks in ${reader.name} files`);
  } else yield* runsOfExtents(source, layout.extents(), layout.virtualBytes);
}

const pieceBytes = 1 << 20;

/** Whether `streamRuns` can read what was inspected, so that it need not be seekable. */
export function canStream({ format, isInOrder }: Inspection): boolean {
  return format === 'raw' || format === 'iso' || format === 'luks' || isInOrder === true;
}

/** The disk that was inspected, from bytes that can only be read in order. Throws INTEGRITY where they turn out to be no such disk. */
export function streamRuns(bytes: Bytes, { isInOrder }: Pick<Inspection, 'isInOrder'>): Runs {
  // What is read at any place was looked at beforehand.
  return isInOrder ? withoutNestedImage(vmdkStreamRuns(bytes)) : flatRuns(bytes);
}

/** A disk without a format. Blocks of 64 KiB of nothing but zeros become zero runs. */
async function* flatRuns(bytes: Bytes): Runs {
  let piece = Buffer.allocUnsafe(pieceBytes);
  let filled = 0;
  for await (const chunk of bytes) {
    for (let taken = 0; taken < chunk.length;) {
      const part = chunk.subarray(taken, taken + pieceBytes - filled);
      piece.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled < pieceBytes) continue;
      yield* splitZeros(piece);
      piece = Buffer.allocUnsafe(pieceBytes);
      filled = 0;
    }
  }
  yield* splitZeros(piece.subarray(0, filled));
}
