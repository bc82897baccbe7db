import { findingError } from './findings.ts';
import { u64le } from './byte-reader.ts';

/** Header of a sparse extent ("Virtual Disk Format 5.0", hosted sparse extents). Sizes and offsets in bytes. */
export interface VmdkHeader {
  readonly virtualBytes: number;
  readonly grainBytes: number;
  /** Entries of a grain table. */
  readonly tableEntries: number;
  readonly tables: number;
  readonly descriptorOffset: number;
  readonly descriptorBytes: number;
  /** Absent: it is said in the footer. */
  readonly directoryOffset?: number;
  readonly overheadBytes: number;
  readonly compressed: boolean;
  /** Whether the grain table entry 1 stands for a grain of zeros. */
  readonly zeroGrains: boolean;
  /** Every field that header and footer have in common, for comparison. */
  readonly fingerprint: string;
}

export const sectorBytes = 512;
const flagBits = { zeroGrains: 1 << 2, compressed: 1 << 16, markers: 1 << 17 };
const maxGrainBytes = 4 << 20;
const maxTableEntries = 512;
const maxTables = 8 << 20;

export function parseVmdkHeader(bytes: Buffer): VmdkHeader {
  if (bytes.length < sectorBytes) throw findingError('truncated', 'the file ends inside the VMDK header');
  const version = bytes.readUInt32LE(4);
  if (version < 1 || version > 3) throw findingError('version', `VMDK version ${version}; 1 to 3 are read`);
  const flags = bytes.readUInt32LE(8);
  const sectors = u64le(bytes, 12);
  const grainBytes = u64le(bytes, 20) * sectorBytes;
  if (grainBytes < 8 * sectorBytes || grainBytes > maxGrainBytes || (grainBytes & (grainBytes - 1)) !== 0)
    throw findingError('grain_size', `a grain has ${u64le(bytes, 20)} sectors`);
  const tableEntries = bytes.readUInt32LE(44);
  if (tableEntries < 1 || tableEntries > maxTableEntries)
    throw findingError('gt_size', `a grain table has ${tableEntries} entries`);
  const virtualBytes = sectors * sectorBytes;
  const tables = Math.ceil(virtualBytes / (grainBytes * tableEntries));
  // Of a disk without a sector QEMU believes the description, which may name any file.
  if (sectors === 0) throw findingError('virtual_size', 'the VMDK says that its disk has no sectors');
  if (!Number.isSafeInteger(virtualBytes) || tables > maxTables)
    throw findingError('virtual_size', `a disk of ${sectors} sectors cannot be in this image`);
  const compressed = (flags & flagBits.compressed) !== 0;
  const algorithm = bytes.readUInt16LE(77);
  if (algorithm > 1 || compressed !== (algorithm === 1) || (compressed && (flags & flagBits.markers) === 0))
    throw findingError('header', `flags 0x${flags.toString(16)} do not go with compression algorithm ${algorithm}`);
  const inFooter = bytes.readUInt32LE(56) === 0xffffffff && bytes.readUInt32LE(60) === 0xffffffff;
  return {
    virtualBytes,
    grainBytes,
    tableEntries,
    tables,
    descriptorOffset: u64le(bytes, 28) * sectorBytes,
    descriptorBytes: u64le(bytes, 36) * sectorBytes,
    ...(inFooter ? {} : { directoryOffset: u64le(bytes, 56) * sectorBytes }),
    overheadBytes: u64le(bytes, 64) * sectorBytes,
    compressed,
    zeroGrains: (flags & flagBits.zeroGrains) !== 0,
    fingerprint: [bytes.toString('hex', 0, 48), bytes.toString('hex', 64, 72), bytes.toString('hex', 73, 79)].join(),
  };
}
