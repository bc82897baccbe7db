import type { Bytes } from '../../core/http.ts';
import type { Run, Runs } from '../extents.ts';
import { byteQueue, type ByteQueue } from './byte-queue.ts';
import { packedRun } from './extent-runs.ts';
import { findingError } from './findings.ts';
import { u64le } from './byte-reader.ts';
import { grain, markerBytes, zlibSlack } from './vmdk-grains.ts';
import { parseVmdkHeader, sectorBytes, type VmdkHeader } from './vmdk-header.ts';

/** Four bytes are kept of each grain, and four more for its table: 128 GiB of the usual grains. */
const mostGrains = 2 ** 21;
const mostFrontBytes = 32 << 20;
/** What stands in a marker that is none of a grain ("Virtual Disk Format 5.0", stream-optimized compressed extents). */
const markers = { end: 0, table: 1, directory: 2, footer: 3 };
const aFile = 'give the VMDK as a file';

/** Whether the disk can be decoded front to back, with all that is to be checked held in little memory. */
export function isInOrder(header: VmdkHeader): boolean {
  const { compressed, directoryOffset, overheadBytes, descriptorOffset, descriptorBytes, tables, tableEntries } = header;
  const front = directoryOffset === undefined ? 0 : directoryOffset + tables * 4;
  return (
    compressed &&
    tables * tableEntries <= mostGrains &&
    overheadBytes <= mostFrontBytes &&
    overheadBytes >= Math.max(front, descriptorOffset + descriptorBytes)
  );
}

/** What has come by: the sector of the file at which each grain lies, and every table and directory, by their sector. */
interface Seen {
  readonly grains: Uint32Array;
  readonly tables: Map<number, Buffer>;
  readonly directories: Map<number, Buffer>;
  /** Sector of the directory that counts; absent: it is not yet known. */
  directoryAt?: number;
}

/**
 * The disk of a streamOptimized VMDK, whose header `isInOrder`, front to back: each grain says itself where it belongs. The last run is
 * given only once the tables, wherever they stand, have been found to say the same of every grain, and header and footer the
 * same of the disk. Throws INTEGRITY where they do not, where grains do not come in the order of the disk, or the stream ends too early.
 */
export async function* vmdkStreamRuns(bytes: Bytes): Runs {
  const queue = byteQueue(bytes);
  try {
    const header = parseVmdkHeader(await queue.take(sectorBytes, 'the VMDK header'));
    if (!isInOrder(header)) throw findingError('header', `this VMDK cannot be read from a stream: ${aFile}`);
    const front = await queue.take(header.overheadBytes - sectorBytes, 'the front of the VMDK');
    const seen: Seen = {
      grains: new Uint32Array(header.tables * header.tableEntries),
      tables: new Map(),
      directories: new Map(),
    };
    let at = 0;
    let held: Run | undefined;
    for (let next = await nextGrain(queue, header, seen); next; next = await nextGrain(queue, header, seen)) {
      const { guest } = next;
      if (guest < at) throw findingError('data_offset', `the grains do not come in the order of the disk: ${aFile}`);
      if (held) yield held;
      if (guest > at) yield* zeros(guest - at);
      at = guest + next.run.length;
      held = next.run;
    }
    checkTables(header, front, seen);
    if (held) yield held;
    yield* zeros(header.virtualBytes - at);
  } finally {
    await queue.close();
  }
}

const zeroRunBytes = 2 ** 32;
function* zeros(length: number): Generator<Run> {
  for (let left = length; left > 0; left -= zeroRunBytes) yield { kind: 'zero', length: Math.min(left, zeroRunBytes) };
}

const padding = (position: number): number => (sectorBytes - (position % sectorBytes)) % sectorBytes;

/** The next grain, with what lies before it noted. Absent: the marker of the end has come, or the file's end. */
async function nextGrain(
  queue: ByteQueue,
  header: VmdkHeader,
  seen: Seen,
): Promise<{ readonly guest: number; readonly run: Run } | undefined> {
  for (;;) {
    const sector = queue.position / sectorBytes;
    const marker = await queue.upTo(markerBytes);
    if (marker.length === 0 && header.directoryOffset !== undefined) return undefined;
    if (marker.length < markerBytes) throw findingError('truncated', 'the end of the VMDK is missing: the stream was cut off');
    const [value, size] = [u64le(marker, 0), marker.readUInt32LE(8)];
    if (size > 0) return grainAt(queue, header, seen, sector, marker);
    const type = (await queue.take(sectorBytes - markerBytes, 'a marker')).readUInt32LE(0);
    if (type === markers.table || type === markers.directory) await noteTable(queue, header, seen, type, value);
    else if (type === markers.footer) return noteFooter(queue, header, seen);
    else if (type !== markers.end || value !== 0) throw findingError('header', `a marker of type ${type} in the VMDK`);
    else if (header.directoryOffset === undefined) throw findingError('footer', 'the VMDK ends without a footer');
    else return restIsZero(queue);
  }
}

/** Keeps a table or directory behind its marker. There may be two of each: the second is a copy for emergencies. */
async function noteTable(queue: ByteQueue, header: VmdkHeader, seen: Seen, type: number, sectors: number): Promise<void> {
  const isTable = type === markers.table;
  const [kept, most] = isTable ? [seen.tables, header.tables * 2] : [seen.directories, 2];
  const least = (isTable ? header.tableEntries : header.tables) * 4;
  if (header.directoryOffset !== undefined || kept.size === most)
    throw findingError('gt_offset', 'there are more grain tables than the disk has');
  if (sectors !== Math.ceil(least / sectorBytes))
    throw findingError('gt_size', `a grain table or directory of ${sectors} sectors`);
  const sector = queue.position / sectorBytes;
  kept.set(sector, await queue.take(sectors * sectorBytes, 'a grain table'));
}

/** The footer, behind which there is one more sector, the marker of the end, and nothing else. */
async function noteFooter(queue: ByteQueue, header: VmdkHeader, seen: Seen): Promise<undefined> {
  const footer = parseVmdkHeader(await queue.take(sectorBytes, 'the footer'));
  const end = await queue.take(sectorBytes, 'the marker of the end');
  if (footer.fingerprint !== header.fingerprint || header.directoryOffset !== undefined)
    throw findingError('footer', 'header and footer of the VMDK differ');
  if (footer.directoryOffset === undefined)
    throw findingError('footer', 'the footer of the VMDK does not say where the grain directory is');
  if (end.some((byte) => byte !== 0) || (await queue.upTo(1)).length > 0)
    throw findingError('footer', 'trailing data after the footer of the VMDK');
  seen.directoryAt = footer.directoryOffset / sectorBytes;
}

/** Programs look for a footer at the end, also where there is none. */
async function restIsZero(queue: ByteQueue): Promise<undefined> {
  for (let rest = await queue.upTo(sectorBytes); rest.length > 0; rest = await queue.upTo(sectorBytes))
    if (rest.some((byte) => byte !== 0)) throw findingError('footer', 'the last grain of the VMDK is not followed by a footer');
}

/** Throws INTEGRITY unless the tables have every grain where it was, and no other. */
function checkTables(header: VmdkHeader, front: Buffer, seen: Seen): void {
  const { tables, tableEntries, zeroGrains } = header;
  const inFront = (sector: number, length: number): Buffer | undefined => {
    const from = (sector - 1) * sectorBytes;
    return sector > 0 && from + length <= front.length ? front.subarray(from, from + length) : undefined;
  };
  const directory =
    header.directoryOffset === undefined
      ? seen.directories.get(seen.directoryAt ?? 0)
      : inFront(header.directoryOffset / sectorBytes, tables * 4);
  if (!directory) throw findingError('gd_offset', 'the grain directory is not where the VMDK says');
  for (let index = 0; index < tables; index += 1) {
    const sector = directory.readUInt32LE(index * 4);
    const table = header.directoryOffset === undefined ? seen.tables.get(sector) : inFront(sector, tableEntries * 4);
    if (sector !== 0 && !table) throw findingError('gt_offset', `grain table ${index} is not at sector ${sector}`);
    for (let entry = 0; entry < tableEntries; entry += 1) {
      const said = table?.readUInt32LE(entry * 4) ?? 0;
      if ((said === 1 && zeroGrains ? 0 : said) !== seen.grains[index * tableEntries + entry])
        throw findingError('data_offset', `a grain table has a grain at sector ${said}, where none has come by: ${aFile}`);
    }
  }
}

async function grainAt(queue: ByteQueue, header: VmdkHeader, seen: Seen, sector: number, marker: Buffer) {
  const { grainBytes, virtualBytes } = header;
  const [guest, size] = [u64le(marker, 0) * sectorBytes, marker.readUInt32LE(8)];
  if (guest % grainBytes !== 0 || guest >= virtualBytes)
    throw findingError('data_offset', `a grain for sector ${u64le(marker, 0)}, where none can be`);
  if (size > grainBytes + zlibSlack) throw findingError('decompress', `a grain claims ${size} bytes`);
  const bytes = Buffer.concat([marker, await queue.take(size, 'a grain')]);
  // The very last grain of a file may lack what fills it up.
  await queue.upTo(padding(queue.position));
  seen.grains[guest / grainBytes] = sector;
  const length = Math.min(grainBytes, virtualBytes - guest);
  const extent = {
    kind: 'packed',
    offset: sector * sectorBytes,
    size: bytes.length,
    length,
    full: grainBytes,
    guest,
    codec: grain,
  } as const;
  return { guest, run: packedRun(extent, () => Promise.resolve(bytes)) };
}
