import { isZero, MiB, padded, pieces, sector } from './guest.ts';

/** A VDI of 1 MiB blocks. Blocks of zeros are not stored. */
export function vdiImage(disk: Buffer): Buffer {
  const blocks = pieces(disk, MiB);
  const header = Buffer.alloc(sector);
  header.write('<<< disk >>>\n', 0, 'latin1');
  header.writeUInt32LE(0xbeda107f, 64);
  header.writeUInt32LE(0x00010001, 68);
  header.writeUInt32LE(0x180, 72);
  header.writeUInt32LE(1, 76);
  const map = padded(Buffer.alloc(blocks.length * 4), sector).fill(0xff);
  header.writeUInt32LE(sector, 340);
  header.writeUInt32LE(sector + map.length, 344);
  header.writeUInt32LE(sector, 360);
  header.writeBigUInt64LE(BigInt(disk.length), 368);
  header.writeUInt32LE(MiB, 376);
  header.writeUInt32LE(blocks.length, 384);
  const stored = blocks.filter((block) => !isZero(block));
  for (const [index, block] of blocks.entries()) if (!isZero(block)) map.writeUInt32LE(stored.indexOf(block), index * 4);
  return Buffer.concat([header, map, ...stored]);
}
