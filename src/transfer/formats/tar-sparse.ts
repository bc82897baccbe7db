import type { RandomSource } from '../extents.ts';
import { findingError } from './findings.ts';
import { readFully } from './byte-reader.ts';
import { numberAt, recordBytes } from './tar-header.ts';

/** A stretch of a file that has data; what lies between them are holes. */
export interface SparseSegment {
  readonly at: number;
  readonly bytes: number;
}

/** Where the data of a member with holes is. */
export interface SparseMap {
  /** How long the file is, with its holes. */
  readonly fileBytes: number;
  readonly stretches: readonly SparseSegment[];
  /** What stands in front of the data: more of the map. */
  readonly mapBytes: number;
}

const mostStretches = 1 << 20;
/** The largest file that is believed in: what is said in a few digits must not keep anybody busy for ever. */
const mostFileBytes = 64 * 2 ** 40;
const broken = (what: string) => findingError('tar_header', `the map of a sparse archive member ${what}`);

/** GNU's own form (tar(5), "GNU tar archives"): the map begins in the header, and goes on in records behind it. */
export async function oldGnuMap(source: RandomSource, header: Buffer, behind: number): Promise<SparseMap> {
  const stretches = stretchesIn(header, 386, 4);
  let mapBytes = 0;
  for (let more = header[482] !== 0; more; mapBytes += recordBytes) {
    if (stretches.length > mostStretches) throw broken('is too long');
    const record = await readFully(source, behind + mapBytes, recordBytes, 'the map of a sparse archive member');
    stretches.push(...stretchesIn(record, 0, 21));
    more = record[504] !== 0;
  }
  return { fileBytes: numberAt(header, 483, 12), stretches, mapBytes };
}

function stretchesIn(record: Buffer, from: number, most: number): SparseSegment[] {
  const found: SparseSegment[] = [];
  for (let at = from; at < from + most * 24 && record[at] !== 0; at += 24)
    found.push({ at: numberAt(record, at, 12), bytes: numberAt(record, at + 12, 12) });
  return found;
}

/** What PAX headers say of holes: their keys, repeated ones in order. Absent where they say nothing. */
export async function paxMap(
  source: RandomSource,
  records: readonly (readonly [key: string, value: string])[],
  offset: number,
  storedBytes: number,
): Promise<SparseMap | undefined> {
  const last = (key: string) => records.findLast(([each]) => each === `GNU.sparse.${key}`)?.[1];
  if (!records.some(([key]) => key.startsWith('GNU.sparse.'))) return undefined;
  const size = last('realsize') ?? last('size');
  if (size === undefined || !/^\d+$/.test(size)) throw broken('does not say how long the file is');
  const fileBytes = Number(size);
  const major = last('major');
  if (major === '1') return { fileBytes, ...(await mapInData(source, offset, storedBytes)) };
  if (major !== undefined && major !== '0') throw broken(`is of version ${major}, which is not supported`);
  const listed =
    last('map')?.split(',') ?? records.filter(([key]) => /^GNU\.sparse\.(offset|numbytes)$/.test(key)).map(([, value]) => value);
  return { fileBytes, stretches: pairs(listed), mapBytes: 0 };
}

function pairs(numbers: readonly string[]): SparseSegment[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * mostStretches || numbers.some((each) => !/^\d{1,16}$/.test(each)))
    throw broken('is not a list of numbers');
  return Array.from({ length: numbers.length / 2 }, (_, index) => ({
    at: Number(numbers[2 * index]),
    bytes: Number(numbers[2 * index + 1]),
  }));
}

const pieceBytes = 64 << 10;

/** Version 1.0: how many, and then as many pairs, a line for each number, in front of the data; filled up to a whole record. */
async function mapInData(source: RandomSource, offset: number, storedBytes: number) {
  const lines: string[] = [];
  let wanted = 1;
  let begun = '';
  let mapBytes = 0;
  for (let at = 0; at < storedBytes && lines.length < wanted; at += pieceBytes) {
    const length = Math.min(pieceBytes, storedBytes - at);
    const piece = (await readFully(source, offset + at, length, 'the map of a sparse archive member')).toString('latin1');
    const parts = (begun + piece).split('\n');
    mapBytes = at - begun.length;
    begun = parts.pop() ?? '';
    for (const line of parts) {
      if (lines.length === wanted) break;
      mapBytes += line.length + 1;
      if (lines.push(line) === 1) wanted = 1 + 2 * countOf(line);
    }
    if (begun.length > longestNumber && lines.length < wanted) break;
  }
  if (lines.length < wanted) throw broken('is broken');
  return { stretches: pairs(lines.slice(1)), mapBytes: Math.ceil(mapBytes / recordBytes) * recordBytes };
}

const longestNumber = 20;

function countOf(line: string): number {
  const count = /^\d{1,7}$/.test(line) ? Number(line) : Infinity;
  if (count > mostStretches) throw broken('is too long');
  return count;
}

/** Throws INTEGRITY unless the stretches follow each other inside the file, and hold just what is stored. */
export function checkMap({ fileBytes, stretches }: SparseMap, dataBytes: number): void {
  let [end, total] = [0, 0];
  if (fileBytes > mostFileBytes) throw broken(`says that the file has ${fileBytes} bytes`);
  for (const { at, bytes } of stretches) {
    if (at < end) throw broken('overlaps itself');
    end = at + bytes;
    total += bytes;
    if (end > fileBytes) throw broken('leads past the end of the file');
  }
  if (total !== dataBytes) throw broken(`covers ${total} bytes, the archive holds ${dataBytes}`);
}

/** The file with its holes, of data that lies at `offset`. */
export function sparseSource(source: RandomSource, offset: number, { fileBytes, stretches }: SparseMap): RandomSource {
  let from = offset;
  const placed = stretches.map(({ at, bytes }) => {
    const stretch = { at, end: at + bytes, from };
    from += bytes;
    return stretch;
  });
  return {
    size: fileBytes,
    spans: () =>
      Promise.resolve(stretches.map(({ at, bytes }) => ({ offset: at, length: bytes })).filter(({ length }) => length > 0)),
    async read(at, length) {
      const whole = Buffer.alloc(Math.max(0, Math.min(length, fileBytes - at)));
      for (let index = firstBehind(placed, at); index < placed.length; index += 1) {
        const stretch = placed[index];
        if (!stretch || stretch.at >= at + whole.length) break;
        const [begin, end] = [Math.max(at, stretch.at), Math.min(at + whole.length, stretch.end)];
        if (end > begin)
          whole.set(await readFully(source, stretch.from + begin - stretch.at, end - begin, 'the archive'), begin - at);
      }
      return whole;
    },
  };
}

/** Index of the first stretch that ends behind a place. */
function firstBehind(placed: readonly { readonly end: number }[], at: number): number {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((placed[middle]?.end ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
