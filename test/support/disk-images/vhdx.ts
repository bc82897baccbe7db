import { crc32c } from '../../../src/transfer/formats/crc32c.ts';
import { isZero, KiB, MiB, padded, pieces } from './guest.ts';

/** Identifiers as they stand in the file. */
const ids = {
  table: '6677c22d23f600429d64115e9bfd4a08',
  metadata: '06a27c8b90479a4bb8fe575f050f886e',
  parameters: '3767a1ca36fa434db3b633f0aa44e76b',
  virtualSize: '2442a52f1bcd7648b2115dbed83bf4b8',
  sectorSize: '1dbf41816fa90947ba47f233a8faab5f',
};

/** Writes the CRC-32C of a header or region table into it. */
export function writeVhdxChecksum(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32c(bytes, 4), 4);
  return bytes;
}

/** A VHDX of 1 MiB blocks: headers, metadata at 1 MiB, block table at 2 MiB, blocks from 3 MiB on. Blocks of zeros are not stored. */
export function vhdxImage(disk: Buffer): Buffer {
  const front = Buffer.alloc(3 * MiB);
  front.write('vhdxfile', 0, 'latin1');
  for (const [copy, at] of [64 * KiB, 128 * KiB].entries()) {
    const header = front.subarray(at, at + 4 * KiB);
    header.write('head', 0, 'latin1');
    header.writeBigUInt64LE(BigInt(7 + copy), 8);
    header.writeUInt16LE(1, 66);
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
  metadata.write('metadata', 0, 'latin1');
  metadata.writeUInt16LE(3, 10);
  for (const [index, id] of [ids.parameters, ids.virtualSize, ids.sectorSize].entries()) {
    metadata.write(id, 32 + index * 32, 'hex');
    metadata.writeUInt32LE(64 * KiB + index * 8, 48 + index * 32);
    metadata.writeUInt32LE(8, 52 + index * 32);
  }
  metadata.writeUInt32LE(MiB, 64 * KiB);
  metadata.writeBigUInt64LE(BigInt(disk.length), 64 * KiB + 8);
  metadata.writeUInt32LE(512, 64 * KiB + 16);
  const stored: Buffer[] = [];
  for (const [index, block] of pieces(disk, MiB).entries()) {
    if (isZero(block)) continue;
    front.writeBigUInt64LE(BigInt((3 + stored.length) * MiB) | 6n, 2 * MiB + index * 8);
    stored.push(block);
  }
  return padded(Buffer.concat([front, ...stored]), MiB);
}
