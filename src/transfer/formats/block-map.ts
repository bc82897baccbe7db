import { byteRanges } from './byte-ranges.ts';
import { extentList, type ExtentBatches } from './extents.ts';
import { findingError, type FindingCode, type Report } from './findings.ts';

/** A disk kept in equal blocks, each of which lies somewhere in the file as it is, or is not there and reads as zeros. */
export interface BlockMap {
  readonly fileBytes: number;
  readonly virtualBytes: number;
  readonly blockBytes: number;
  /** Where block `index` is; `undefined`: not there. May throw INTEGRITY. */
  offsetOf(index: number): number | undefined;
  /** Ranges of the file that hold no data. */
  readonly reserved: readonly (readonly [offset: number, length: number])[];
  /** The code of a block behind the end of the file. */
  readonly outside: FindingCode;
}

const blocksPerBatch = 16384;

export async function* blockExtents(map: BlockMap, report: Report): ExtentBatches {
  await Promise.resolve();
  const reserved = byteRanges(map.reserved, new Float64Array(), 0);
  const blocks = Math.ceil(map.virtualBytes / map.blockBytes);
  for (let first = 0; first < blocks; first += blocksPerBatch) {
    const list = extentList();
    for (let index = first; index < Math.min(first + blocksPerBatch, blocks); index += 1) {
      const length = Math.min(map.blockBytes, map.virtualBytes - index * map.blockBytes);
      const offset = map.offsetOf(index);
      if (offset === undefined) {
        list.zero(length);
        continue;
      }
      if (offset + length > map.fileBytes)
        throw findingError(map.outside, `block ${index} at ${offset} is past the end of the file (truncated?)`);
      if (reserved.touch(offset, length)) report.reject('overlap', `block ${index} at ${offset} overlaps a table of the image`);
      list.stored(offset, length);
    }
    yield list.extents;
  }
}
