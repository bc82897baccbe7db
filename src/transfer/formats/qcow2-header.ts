import { findingError, type Report } from './findings.ts';
import type { SnapshotTable } from './qcow2-snapshots.ts';
import { u64be } from './byte-reader.ts';

/** What reading a qcow2 takes. Specification: docs/interop/qcow2.rst of QEMU. */
export interface Qcow2Header {
  readonly version: 2 | 3;
  readonly clusterBits: number;
  readonly clusterBytes: number;
  readonly virtualBytes: number;
  readonly l1Offset: number;
  /** Entries that the disk needs; the table may have more. */
  readonly l1Entries: number;
  readonly extended: boolean;
  readonly zstd: boolean;
  readonly snapshots: SnapshotTable;
  /** Ranges of the file that are neither second-level tables nor data. */
  readonly reserved: readonly (readonly [offset: number, length: number])[];
}

const maxL1Bytes = 32 << 20;
const maxRefcountTableBytes = 8 << 20;
const maxSnapshots = 65536;
const extensionDataFile = 0x44415441;
const bits = { dirty: 1, corrupt: 2, dataFile: 4, compressionType: 8, extendedL2: 16 };

/** Parses and checks the beginning of a file, which `bytes` holds the first cluster of (or all there is). */
export function parseQcow2Header(bytes: Buffer, fileBytes: number, report: Report): Qcow2Header {
  if (bytes.length < 72) throw findingError('truncated', `the qcow2 header has 72 bytes, the file only ${bytes.length}`);
  const version = bytes.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw findingError('version', `qcow2 version ${version}; 2 and 3 are read`);
  const clusterBits = bytes.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw findingError('cluster_bits', `cluster_bits is ${clusterBits}, not 9 to 21`);
  const clusterBytes = 2 ** clusterBits;
  const features = version === 3 ? parseFeatures(bytes, clusterBytes, report) : { extended: false, zstd: false, length: 72 };
  if (features.extended && clusterBits < 14)
    throw findingError('cluster_bits', `extended L2 entries need cluster_bits of 14, not ${clusterBits}`);
  if (bytes.readUInt32BE(32) !== 0) report.reject('encrypted', `encryption method ${bytes.readUInt32BE(32)}`);
  if (u64be(bytes, 8) !== 0) report.reject('backing_file', 'the image has a backing file');
  checkExtensions(bytes, features.length, clusterBytes, report);
  const size = parseSize(bytes, clusterBytes, features.extended, fileBytes);
  return {
    version,
    clusterBits,
    clusterBytes,
    ...features,
    ...size,
    ...rangesOf(bytes, clusterBytes, size, fileBytes, report),
  };
}

/** The fields that version 3 added. */
function parseFeatures(bytes: Buffer, clusterBytes: number, report: Report) {
  if (bytes.length < 104) throw findingError('truncated', `the qcow2 header has 104 bytes, the file only ${bytes.length}`);
  const length = bytes.readUInt32BE(100);
  if (length < 104 || length > clusterBytes)
    throw findingError('header_length', `the header says that it is ${length} bytes long`);
  if (length % 8 !== 0) report.reject('header_length', `the header length ${length} is not a multiple of 8`);
  const incompatible = bytes.readUInt32BE(76);
  if (bytes.readUInt32BE(72) !== 0 || incompatible > 31)
    throw findingError('unknown_feature', `unknown incompatible features (0x${bytes.toString('hex', 72, 80)})`);
  if (incompatible & bits.dirty)
    report.warn('dirty', 'the image was not closed properly; its reference counts may be wrong, its data is not');
  if (incompatible & bits.corrupt) report.reject('corrupt', 'the image is marked as corrupt');
  if (incompatible & bits.dataFile) throw findingError('external_data_file', 'the data is in another file');
  if (bytes.readUInt32BE(96) > 6) report.reject('refcount_order', `refcount_order is ${bytes.readUInt32BE(96)}, more than 6`);
  const compression = length > 104 ? bytes[104] : 0;
  const declared = (incompatible & bits.compressionType) !== 0;
  if (compression === undefined || compression > 1 || declared !== (compression !== 0))
    throw findingError('compression_type', `compression type ${compression} ${declared ? 'with' : 'without'} its feature bit`);
  return { length, extended: (incompatible & bits.extendedL2) !== 0, zstd: compression === 1 };
}

/** Only one extension matters for reading, and it is a reason to refuse: the name of a data file, even where the feature bit is not set. */
function checkExtensions(bytes: Buffer, from: number, clusterBytes: number, report: Report): void {
  const backing = u64be(bytes, 8);
  const end = Math.min(backing > 0 ? backing : clusterBytes, clusterBytes, bytes.length);
  for (let at = from; at + 8 <= end;) {
    const type = bytes.readUInt32BE(at);
    const length = bytes.readUInt32BE(at + 4);
    if (type === 0) return;
    if (length > end - at - 8)
      return report.reject('header_extension', `a header extension of ${length} bytes does not fit into the header`);
    if (type === extensionDataFile) report.reject('external_data_file', 'the image names an external data file');
    at += 8 + Math.ceil(length / 8) * 8;
  }
}

function parseSize(bytes: Buffer, clusterBytes: number, extended: boolean, fileBytes: number) {
  const virtualBytes = u64be(bytes, 24);
  const l1Size = bytes.readUInt32BE(36);
  const l1Offset = u64be(bytes, 40);
  const l1Entries = Math.ceil(virtualBytes / (clusterBytes * (clusterBytes / (extended ? 16 : 8))));
  if (!Number.isSafeInteger(virtualBytes) || l1Entries * 8 > maxL1Bytes)
    throw findingError('virtual_size', `a disk of ${virtualBytes} bytes cannot be in this image`);
  if (l1Size * 8 > maxL1Bytes) throw findingError('l1_size', `an L1 table of ${l1Size} entries is too large`);
  if (l1Size < l1Entries)
    throw findingError('l1_size', `an L1 table of ${l1Size} entries is too small for ${virtualBytes} bytes`);
  if (l1Offset % clusterBytes !== 0 || (l1Size > 0 && l1Offset + l1Size * 8 > fileBytes) || (l1Size > 0 && l1Offset === 0))
    throw findingError(
      'l1_offset',
      `the L1 table at ${l1Offset} is past the end of the file (truncated?), or not cluster-aligned`,
    );
  return { virtualBytes, l1Offset, l1Entries, l1Bytes: l1Size * 8 };
}

/** Where the other tables are; those that are not in the file are reported, and left out. */
function rangesOf(
  bytes: Buffer,
  clusterBytes: number,
  size: { l1Offset: number; l1Bytes: number },
  fileBytes: number,
  report: Report,
): Pick<Qcow2Header, 'reserved' | 'snapshots'> {
  const reserved: [number, number][] = [
    [0, clusterBytes],
    [size.l1Offset, size.l1Bytes],
  ];
  const refcounts = u64be(bytes, 48);
  const refcountBytes = bytes.readUInt32BE(56) * clusterBytes;
  const inside = (offset: number, length: number, alignment: number) => offset % alignment === 0 && offset + length <= fileBytes;
  if (refcountBytes === 0) report.reject('refcount_table', 'the image has no reference count table');
  else if (refcountBytes > maxRefcountTableBytes || !inside(refcounts, refcountBytes, clusterBytes))
    report.reject('refcount_table', `a reference count table of ${refcountBytes} bytes at ${refcounts}`);
  else if (refcountBytes > 0) reserved.push([refcounts, refcountBytes]);
  const snapshots = bytes.readUInt32BE(60);
  const snapshotTable = u64be(bytes, 64);
  // 40 bytes is the smallest snapshot there is; the names follow.
  if (snapshots > maxSnapshots || (snapshots > 0 && !inside(snapshotTable, snapshots * 40, clusterBytes))) {
    report.reject('snapshots', `a table of ${snapshots} snapshots at ${snapshotTable}`);
    return { reserved, snapshots: { offset: 0, count: 0 } };
  }
  reserved.push([snapshotTable, snapshots * 40]);
  return { reserved, snapshots: { offset: snapshotTable, count: snapshots } };
}
