import { isZero, KiB, padded, pieces, sector } from './guest.ts';

/** Writes a VHD checksum, that of all other bytes, into `bytes` at `at`. */
export function writeVhdChecksum(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt32BE(0, at);
  bytes.writeUInt32BE(~bytes.reduce((sum, byte) => sum + byte, 0) >>> 0, at);
  return bytes;
}

function vhdFooter(disk: Buffer, type: 2 | 3): Buffer {
  const footer = Buffer.alloc(sector);
  footer.write('conectix', 0, 'latin1');
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x00010000, 12);
  footer.writeBigUInt64BE(type === 2 ? 0xffffffffffffffffn : 512n, 16);
  footer.write('win ', 28, 'latin1');
  footer.writeBigUInt64BE(BigInt(disk.length), 40);
  footer.writeBigUInt64BE(BigInt(disk.length), 48);
  footer.writeUInt32BE(type, 60);
  return writeVhdChecksum(footer, 64);
}

export const vhdFixedImage = (disk: Buffer): Buffer => Buffer.concat([disk, vhdFooter(disk, 2)]);

/** `blockBytes` is a power of two; 2 MiB is usual. */
export function vhdDynamicImage(disk: Buffer, blockBytes = 64 * KiB): Buffer {
  const blocks = pieces(disk, blockBytes);
  const footer = vhdFooter(disk, 3);
  const header = Buffer.alloc(1024);
  header.write('cxsparse', 0, 'latin1');
  header.writeBigUInt64BE(0xffffffffffffffffn, 8);
  header.writeBigUInt64BE(1536n, 16);
  header.writeUInt32BE(0x00010000, 24);
  header.writeUInt32BE(blocks.length, 28);
  header.writeUInt32BE(blockBytes, 32);
  const table = padded(Buffer.alloc(blocks.length * 4), sector).fill(0xff);
  const bitmap = padded(Buffer.alloc(blockBytes / sector / 8), sector).fill(0xff);
  let at = (1536 + table.length) / sector;
  const stored: Buffer[] = [];
  for (const [index, block] of blocks.entries()) {
    if (isZero(block)) continue;
    table.writeUInt32BE(at, index * 4);
    stored.push(bitmap, block);
    at += (bitmap.length + block.length) / sector;
  }
  return Buffer.concat([footer, writeVhdChecksum(header, 36), table, ...stored, footer]);
}
