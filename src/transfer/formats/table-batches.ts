import type { RandomSource } from '../extents.ts';
import { readFully } from './byte-reader.ts';

/** Tables whose distance in the file is no more than this are read in one go, and what lies between them too. */
const gapBytes = 64 << 10;
const spanBytes = 4 << 20;
const batchBytes = 2 << 20;
const batchTables = 64;

/** Tables in a row of the first-level table; `undefined` stands for one that is not there. */
export interface TableBatch {
  /** Index of the first of them. */
  readonly first: number;
  readonly tables: readonly (DataView | undefined)[];
}

/**
 * Second-level tables in order, some at a time. Tables near each other are read together, so that neither small clusters
 * nor a source far away cost one round trip a table. An offset of 0 means that the table is not there.
 */
export async function* tableBatches(
  source: RandomSource,
  offsets: Float64Array,
  tableBytes: number,
  what: string,
): AsyncIterable<TableBatch> {
  const step = Math.max(1, Math.min(batchTables, Math.floor(batchBytes / tableBytes)));
  for (let first = 0; first < offsets.length; first += step) {
    const wanted = offsets.subarray(first, first + step);
    const tables = await Promise.all(spansOf(wanted, tableBytes).map((span) => readSpan(source, span, tableBytes, what)));
    const found = new Map(tables.flat());
    yield { first, tables: Array.from(wanted, (offset) => (offset === 0 ? undefined : found.get(offset))) };
  }
}

/** The offsets, sorted and grouped into stretches worth reading at once. */
function spansOf(offsets: Float64Array, tableBytes: number): number[][] {
  const spans: number[][] = [];
  for (const offset of offsets.filter((each) => each > 0).sort()) {
    const span = spans.at(-1);
    const near =
      span !== undefined &&
      offset - (span.at(-1) ?? 0) <= tableBytes + gapBytes &&
      offset + tableBytes - (span[0] ?? 0) <= spanBytes;
    if (near) span.push(offset);
    else spans.push([offset]);
  }
  return spans;
}

async function readSpan(
  source: RandomSource,
  span: readonly number[],
  tableBytes: number,
  what: string,
): Promise<[number, DataView][]> {
  const start = span[0] ?? 0;
  const bytes = await readFully(source, start, (span.at(-1) ?? 0) + tableBytes - start, what);
  return span.map((offset) => [offset, new DataView(bytes.buffer, bytes.byteOffset + offset - start, tableBytes)]);
}
