import type { RandomSource } from '../extents.ts';
import { byteRanges, type ByteRanges } from './byte-ranges.ts';
import { extentList, type Codec, type Extent, type ExtentBatches, type ExtentList } from './extents.ts';
import { findingError, type Report } from './findings.ts';
import { readFully } from './byte-reader.ts';
import type { Qcow2Header } from './qcow2-header.ts';
import { checkSnapshots } from './qcow2-snapshots.ts';
import { tableBatches } from './table-batches.ts';

/** What walking the tables needs at every entry. */
interface Walk {
  readonly header: Qcow2Header;
  readonly fileBytes: number;
  readonly codec: Codec;
  readonly list: ExtentList;
}

/** The disk of a qcow2, from its active first-level table; the disks of snapshots are not looked at, only their places. */
export async function* qcow2Extents(source: RandomSource, header: Qcow2Header, codec: Codec, report: Report): ExtentBatches {
  const { clusterBytes, virtualBytes } = header;
  const offsets = await readL1(source, header);
  const metadata = byteRanges(header.reserved, offsets, clusterBytes);
  // A table that stands for many parts of the disk makes a small file as much work as a huge one.
  if (metadata.collide) throw findingError('overlap', 'a table overlaps another table or the header');
  const entryBytes = header.extended ? 16 : 8;
  const tableGuestBytes = clusterBytes * (clusterBytes / entryBytes);
  for await (const { first, tables } of tableBatches(source, offsets, clusterBytes, 'an L2 table')) {
    const walk = { header, fileBytes: source.size, codec, list: extentList() };
    for (const [index, table] of tables.entries()) {
      const guest = (first + index) * tableGuestBytes;
      const length = Math.min(tableGuestBytes, virtualBytes - guest);
      if (table === undefined) walk.list.zero(length);
      else if (header.extended) addExtendedTable(walk, table, guest, length);
      else addTable(walk, table, guest, length);
    }
    checkOverlap(walk.list.extents, metadata, report);
    yield walk.list.extents;
  }
  await checkSnapshots(source, header.snapshots, clusterBytes, report);
}

async function readL1(source: RandomSource, header: Qcow2Header): Promise<Float64Array> {
  const bytes = await readFully(source, header.l1Offset, header.l1Entries * 8, 'the L1 table');
  const offsets = new Float64Array(header.l1Entries);
  for (let index = 0; index < offsets.length; index += 1) {
    // Bits 9 to 55; bit 63 ("copied") and the reserved ones do not matter for reading.
    const high = bytes.readUInt32BE(index * 8) & 0x00ffffff;
    const low = (bytes.readUInt32BE(index * 8 + 4) & 0xfffffe00) >>> 0;
    const offset = high * 2 ** 32 + low;
    if (low % header.clusterBytes !== 0 || offset + header.clusterBytes > source.size)
      if (offset !== 0)
        throw findingError(
          'l2_offset',
          `L2 table ${index} at ${offset} is past the end of the file (truncated?), or not cluster-aligned`,
        );
    offsets[index] = offset;
  }
  return offsets;
}

/** Standard entries: 8 bytes a cluster. Two 32-bit reads, because BigInt costs more than all the rest of the loop. */
function addTable(walk: Walk, table: DataView, guest: number, length: number): void {
  const { clusterBytes, version } = walk.header;
  for (let at = 0, done = 0; done < length; at += 8, done += clusterBytes) {
    const high = table.getUint32(at);
    const low = table.getUint32(at + 4);
    const size = Math.min(clusterBytes, length - done);
    if (high & 0x40000000) addPacked(walk, high, low, guest + done, size);
    else if (low & 1) {
      if (version === 2) throw findingError('l2_entry', 'a zero flag in a version that has none');
      if ((low & 0xfffffe00 & (clusterBytes - 1)) !== 0)
        throw findingError('data_offset', `a cluster of zeros at ${hostOffset(high, low)} is not cluster-aligned`);
      walk.list.zero(size);
    } else addStored(walk, high, low, 0, size);
  }
}

/** Extended entries: 16 bytes a cluster, the second 8 of which say for each of 32 subclusters whether it is allocated or reads as zero. */
function addExtendedTable(walk: Walk, table: DataView, guest: number, length: number): void {
  const { clusterBytes } = walk.header;
  const part = clusterBytes / 32;
  for (let at = 0, done = 0; done < length; at += 16, done += clusterBytes) {
    const high = table.getUint32(at);
    const low = table.getUint32(at + 4);
    const zeros = table.getUint32(at + 8);
    const allocated = table.getUint32(at + 12);
    const size = Math.min(clusterBytes, length - done);
    if (high & 0x40000000) {
      addPacked(walk, high, low, guest + done, size);
      continue;
    }
    if (zeros & allocated) throw findingError('l2_entry', 'a subcluster that is both allocated and zero');
    if (allocated !== 0 && hostOffset(high, low) === 0) throw findingError('l2_entry', 'an allocated subcluster without a place');
    for (let index = 0, from = 0; from < size; index += 1, from += part) {
      if ((allocated >>> index) & 1) addStored(walk, high, low, from, Math.min(part, size - from));
      else walk.list.zero(Math.min(part, size - from));
    }
  }
}

const hostOffset = (high: number, low: number): number => (high & 0x00ffffff) * 2 ** 32 + ((low & 0xfffffe00) >>> 0);

/** Data as it is, `from` bytes behind the beginning of its cluster; or nothing, where the entry holds no offset. */
function addStored(walk: Walk, high: number, low: number, from: number, size: number): void {
  const offset = hostOffset(high, low);
  if (offset === 0) return walk.list.zero(size);
  if ((low & 0xfffffe00 & (walk.header.clusterBytes - 1)) !== 0)
    throw findingError('data_offset', `data at ${offset} is not cluster-aligned`);
  // A file may end inside its last cluster, when the disk ends there too.
  if (offset + from + size > walk.fileBytes)
    throw findingError('truncated', `data at ${offset} is past the end of the file (truncated?)`);
  walk.list.stored(offset + from, size);
}

/** Compressed data: byte-granular offset in the low bits, then the number of further 512-byte sectors it reaches into. */
function addPacked(walk: Walk, high: number, low: number, guest: number, length: number): void {
  const { clusterBits, clusterBytes } = walk.header;
  const highBits = 70 - clusterBits - 32;
  const offset = (high & (2 ** highBits - 1)) * 2 ** 32 + low;
  if (offset >= walk.fileBytes)
    throw findingError('truncated', `compressed data at ${offset} is past the end of the file (truncated?)`);
  const sectors = ((high & 0x3fffffff) >>> highBits) + 1;
  const size = Math.min(sectors * 512 - (low & 511), walk.fileBytes - offset);
  walk.list.packed({ offset, size, length, full: clusterBytes, guest, codec: walk.codec });
}

function checkOverlap(extents: readonly Extent[], metadata: ByteRanges, report: Report): void {
  for (const extent of extents) {
    if (extent.kind === 'zero') continue;
    const length = extent.kind === 'stored' ? extent.length : extent.size;
    if (metadata.touch(extent.offset, length))
      return report.reject('overlap', `data at ${extent.offset} overlaps a table of the image`);
  }
}
