import type { RandomSource } from '../extents.ts';
import { byteRanges } from './byte-ranges.ts';
import { inflateZlibExactly } from './inflate.ts';
import { extentList, type Codec, type ExtentBatches, type ExtentList, type PackedExtent } from './extents.ts';
import { findingError, type Report } from './findings.ts';
import { bufferOf, readFully, u64le } from './byte-reader.ts';
import { tableBatches } from './table-batches.ts';
import { sectorBytes, type VmdkHeader } from './vmdk-header.ts';

/** A grain marker: the grain's sector on the disk (8 bytes) and the size of the zlib stream that follows. */
export const markerBytes = 12;
/** No zlib stream of a grain is larger than this beyond the grain itself: what does not compress is stored in blocks of up to 64 KiB. */
export const zlibSlack = 1024;

/** The zlib stream behind a grain's marker. */
function grainStream(bytes: Uint8Array, extent: PackedExtent): Uint8Array {
  const buffer = bufferOf(bytes);
  if (buffer.length < markerBytes + 2) throw findingError('decompress', 'the file ends inside a grain');
  const size = buffer.readUInt32LE(8);
  if (u64le(buffer, 0) * sectorBytes !== extent.guest)
    throw findingError(
      'data_offset',
      `the grain at ${extent.offset} belongs to sector ${u64le(buffer, 0)}, not to ${extent.guest / sectorBytes}`,
    );
  if (size > buffer.length - markerBytes) throw findingError('decompress', `the grain at ${extent.offset} claims ${size} bytes`);
  return bytes.subarray(markerBytes, markerBytes + size);
}

/** How a compressed grain, with its marker, becomes bytes. */
export const grain: Codec = {
  // Two bytes of zlib header (RFC 1950) stand before the deflate data; the Adler-32 behind it counts as slack.
  deflated(bytes, extent) {
    const stream = grainStream(bytes, extent);
    const [method = 0, flags = 0] = stream;
    if ((method & 15) !== 8 || (method * 256 + flags) % 31 !== 0 || (flags & 32) !== 0)
      throw findingError('decompress', `the grain at ${extent.offset} is not a zlib stream`);
    return stream.subarray(2);
  },
  // Of a grain that reaches beyond the disk QEMU compresses no more than the disk has.
  unpack: (bytes, extent) => inflateZlibExactly(grainStream(bytes, extent), extent.full, extent.length),
};

/** The disk of a sparse VMDK, by its grain directory at `directoryOffset`. */
export async function* vmdkExtents(
  source: RandomSource,
  header: VmdkHeader,
  directoryOffset: number,
  report: Report,
): ExtentBatches {
  const tableBytes = header.tableEntries * 4;
  const offsets = await readDirectory(source, header, directoryOffset, tableBytes);
  const metadata = byteRanges(
    [
      [0, sectorBytes],
      [header.descriptorOffset, header.descriptorBytes],
      [directoryOffset, header.tables * 4],
    ],
    offsets,
    tableBytes,
  );
  // A table that stands for many parts of the disk makes a small file as much work as a huge one.
  if (metadata.collide) throw findingError('overlap', 'a grain table overlaps another table or the header');
  const tableGuestBytes = header.grainBytes * header.tableEntries;
  for await (const { first, tables } of tableBatches(source, offsets, tableBytes, 'a grain table')) {
    const list = extentList();
    for (const [index, table] of tables.entries()) {
      const guest = (first + index) * tableGuestBytes;
      const length = Math.min(tableGuestBytes, header.virtualBytes - guest);
      if (table === undefined) list.zero(length);
      else addGrains(source.size, header, table, guest, length, list);
    }
    for (const extent of list.extents)
      // Of a compressed grain only the beginning is certain: the size given is the largest it could have.
      if (extent.kind !== 'zero' && metadata.touch(extent.offset, extent.kind === 'stored' ? extent.length : markerBytes))
        report.reject('overlap', `the grain at ${extent.offset} overlaps a table of the image`);
    yield list.extents;
  }
}

async function readDirectory(source: RandomSource, header: VmdkHeader, at: number, tableBytes: number): Promise<Float64Array> {
  if (at === 0 || at + header.tables * 4 > source.size)
    throw findingError('gd_offset', `the grain directory at ${at} is not inside the file`);
  const bytes = await readFully(source, at, header.tables * 4, 'the grain directory');
  const offsets = Float64Array.from({ length: header.tables }, (_, index) => bytes.readUInt32LE(index * 4) * sectorBytes);
  const outside = offsets.find((offset) => offset + tableBytes > source.size);
  if (outside !== undefined)
    throw findingError('gt_offset', `the grain table at ${outside} is past the end of the file (truncated?)`);
  return offsets;
}

function addGrains(
  fileBytes: number,
  header: VmdkHeader,
  table: DataView,
  guest: number,
  length: number,
  list: ExtentList,
): void {
  const { grainBytes } = header;
  for (let at = 0, done = 0; done < length; at += 4, done += grainBytes) {
    const sector = table.getUint32(at, true);
    const size = Math.min(grainBytes, length - done);
    const offset = sector * sectorBytes;
    if (sector === 0 || (sector === 1 && header.zeroGrains)) list.zero(size);
    else if (offset + (header.compressed ? markerBytes : size) > fileBytes)
      throw findingError('truncated', `the grain at ${offset} is past the end of the file (truncated?)`);
    else if (header.compressed) {
      const most = Math.min(markerBytes + grainBytes + zlibSlack, fileBytes - offset);
      list.packed({ offset, size: most, length: size, full: grainBytes, guest: guest + done, codec: grain });
    } else list.stored(offset, size);
  }
}
