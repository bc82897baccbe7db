import { crc32c } from '../../../src/transfer/formats/crc32c.ts';
import { isZero, KiB, MiB, padded, pieces } from './guest.ts';

/** Identifiers as they stand in the file. */
const ids = {
  table: '6677c22d23f600429d64115e9bfd4a08',
  metadata: '06a27c8b90479a4bb8fe575f050f886e',
  parameters: '3767a1ca36fa434db3b633f0aa44e76b',
  virtualSize: '2442a52f1bcd7648b2115dbed83bf4b8',
  sectorSize: '1dbf41816fa90947ba47f233a8faab5f',
  physicalSectorSize: 'c748a3cd5d4471449cc9e9885251c556',
  diskId: 'ab12cabee6b2234593efc309e000c746',
};

/** Writes the CRC-32C of a header or region table into it. */
export function writeVhdxChecksum(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32c(bytes, 4), 4);
  return bytes;
}

/** A VHDX of 1 MiB blocks: headers, metadata at 1 MiB, block table at 2 MiB, an empty log at 3 MiB, then blocks. Blocks of zeros are not stored. */
export function vhdxImage(disk: Buffer): Buffer {
  const front = Buffer.alloc(4 * MiB);
  front.write('vhdxfile', 0, 'latin1');
  for (const [copy, at] of [64 * KiB, 128 * KiB].entries()) {
    const header = front.subarray(at, at + 4 * KiB);
    header.write('head', 0, 'latin1');
    header.writeBigUInt64LE(BigInt(7 + copy), 8);
    header.writeUInt16LE(1, 66);
    header.writeUInt32LE(MiB, 68);
    header.writeBigUInt64LE(BigInt(3 * MiB), 72);
    writeVhdxChecksum(header);
  }
  for (const at of [192 * KiB, 256 * KiB]) {
    const regions = front.subarray(at, at + 64 * KiB);
    regions.write('regi', 0, 'latin1');
    regions.writeUInt32LE(2, 8);
    for (const [index, id] of [ids.metadata, ids.table].entries()) {
      regions.write(id, 16 + index * 32, 'hex');
      regions.writeBigUInt64LE(BigInt((index + 1) * MiB), 32 + index * 32);
      regions.writeUInt32LE(MiB, 40 + index * 32);
      regions.writeUInt32LE(1, 44 + index * 32);
    }
    writeVhdxChecksum(regions);
  }
  const metadata = front.subarray(MiB, 2 * MiB);
  const items: [id: string, value: Buffer][] = [
    [ids.parameters, numbers(MiB, 0)],
    [ids.virtualSize, numbers(disk.length % 2 ** 32, Math.floor(disk.length / 2 ** 32))],
    [ids.sectorSize, numbers(512)],
    [ids.physicalSectorSize, numbers(4096)],
    [ids.diskId, numbers(1, 2, 3, 4)],
  ];
  metadata.write('metadata', 0, 'latin1');
  metadata.writeUInt16LE(items.length, 10);
  for (const [index, [id, value]] of items.entries()) {
    const entry = metadata.subarray(32 + index * 32);
    const at = 64 * KiB + index * 16;
    entry.write(id, 0, 'hex');
    // Flags: 4 is required, 2 belongs to the disk and not to the file.
    numbers(at, value.length, id === ids.parameters ? 4 : 6).copy(entry, 16);
    value.copy(metadata, at);
  }
  const stored: Buffer[] = [];
  for (const [index, block] of pieces(disk, MiB).entries()) {
    if (isZero(block)) continue;
    front.writeBigUInt64LE(BigInt((4 + stored.length) * MiB) | 6n, 2 * MiB + index * 8);
    stored.push(block);
  }
  return padded(Buffer.concat([front, ...stored]), MiB);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
  return bytes;
}
