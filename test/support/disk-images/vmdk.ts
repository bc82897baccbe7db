import { deflateSync } from 'node:zlib';
import { isZero, KiB, padded, pieces, sector } from './guest.ts';

const grainBytes = 64 * KiB;
const tableEntries = 512;

function vmdkDescriptor(disk: Buffer, subformat: string): Buffer {
  const lines = ['# Disk DescriptorFile', 'version=1', 'CID=0badcafe', 'parentCID=ffffffff', `createType="${subformat}"`, ''];
  lines.push(
    '# Extent description',
    `RW ${Math.ceil(disk.length / sector)} SPARSE "disk.vmdk"`,
    '',
    '# The Disk Data Base',
    'ddb.adapterType = "ide"',
    '',
  );
  return padded(Buffer.from(lines.join('\n')), 20 * sector);
}

function vmdkHeader(disk: Buffer, fields: { version: number; flags: number; directory: bigint; algorithm: number }): Buffer {
  const header = Buffer.alloc(sector);
  header.write('KDMV', 0, 'latin1');
  header.writeUInt32LE(fields.version, 4);
  header.writeUInt32LE(fields.flags, 8);
  header.writeBigUInt64LE(BigInt(Math.ceil(disk.length / sector)), 12);
  header.writeBigUInt64LE(BigInt(grainBytes / sector), 20);
  header.writeBigUInt64LE(1n, 28);
  header.writeBigUInt64LE(20n, 36);
  header.writeUInt32LE(tableEntries, 44);
  header.writeBigUInt64LE(fields.directory, 56);
  header.writeBigUInt64LE(128n, 64);
  header.write('\n \r\n', 73, 'latin1');
  header.writeUInt16LE(fields.algorithm, 77);
  return header;
}

/** A VMDK as virtual appliances carry it: compressed grains, tables behind them, the directory's place in a footer. */
export function vmdkStreamImage(disk: Buffer): Buffer {
  const flags = { version: 3, flags: 0x30001, algorithm: 1 };
  const parts = [
    vmdkHeader(disk, { ...flags, directory: 0xffffffffffffffffn }),
    vmdkDescriptor(disk, 'streamOptimized'),
    Buffer.alloc(107 * sector),
  ];
  let at = 128;
  const append = (bytes: Buffer): number => {
    const place = at;
    const whole = padded(bytes, sector);
    parts.push(whole);
    at += whole.length / sector;
    return place;
  };
  const marker = (sectors: number, type: number) => {
    const bytes = Buffer.alloc(sector);
    bytes.writeBigUInt64LE(BigInt(sectors), 0);
    bytes.writeUInt32LE(type, 12);
    return bytes;
  };
  const grains = pieces(disk, grainBytes).map((grain, index) => {
    if (isZero(grain)) return 0;
    const head = Buffer.alloc(12);
    const packed = deflateSync(grain);
    head.writeBigUInt64LE(BigInt(index * (grainBytes / sector)), 0);
    head.writeUInt32LE(packed.length, 8);
    return append(Buffer.concat([head, packed]));
  });
  const tables: number[] = [];
  for (let first = 0; first < grains.length; first += tableEntries) {
    append(marker(4, 1));
    tables.push(append(words(grains.slice(first, first + tableEntries), tableEntries)));
  }
  append(marker(1, 2));
  const directory = append(words(tables, 128));
  append(marker(1, 3));
  append(vmdkHeader(disk, { ...flags, directory: BigInt(directory) }));
  append(Buffer.alloc(sector));
  return Buffer.concat(parts);
}

/** A VMDK that grows: tables first, then grains as they are. */
export function vmdkSparseImage(disk: Buffer): Buffer {
  const grains = pieces(disk, grainBytes);
  const tableCount = Math.ceil(grains.length / tableEntries);
  const firstTable = 22;
  let at = 128;
  const places = grains.map((grain) => (isZero(grain) ? 0 : (at += grainBytes / sector) - grainBytes / sector));
  const tables = Array.from({ length: tableCount }, (_, index) =>
    words(places.slice(index * tableEntries, (index + 1) * tableEntries), tableEntries),
  );
  const front = Buffer.concat([
    vmdkHeader(disk, { version: 1, flags: 1, algorithm: 0, directory: 21n }),
    vmdkDescriptor(disk, 'monolithicSparse'),
    words(
      tables.map((_, index) => firstTable + index * 4),
      128,
    ),
    ...tables,
  ]);
  return Buffer.concat([padded(front, 128 * sector), ...grains.filter((grain) => !isZero(grain))]);
}

function words(numbers: readonly number[], count: number): Buffer {
  const bytes = Buffer.alloc(count * 4);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32LE(number, index * 4);
  return bytes;
}
