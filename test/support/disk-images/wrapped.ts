import { crc32 } from 'node:zlib';
import { KiB, padded, pieces, sector } from './guest.ts';

/** A Zstandard frame with its content in stored blocks (RFC 8878). */
export function zstdFrame(content: Buffer): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
  head.writeUInt32LE(content.length, 5);
  const blocks = pieces(content, 128 * KiB).map((_, index, all) => {
    const block = content.subarray(index * 128 * KiB, (index + 1) * 128 * KiB);
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (index === all.length - 1 ? 1 : 0), 0, 3);
    return Buffer.concat([header, block]);
  });
  return Buffer.concat([head, ...blocks]);
}

/** One regular member in a tar archive, in the old GNU form. */
export function tarImage(content: Buffer, name = 'disk.raw', type = '0'): Buffer {
  const header = Buffer.alloc(sector);
  header.write(name, 0, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write(`        ${type}`, 148, 'latin1');
  header.write('ustar  \0', 257, 'latin1');
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  );
  return Buffer.concat([header, padded(content, sector), Buffer.alloc(2 * sector)]);
}

/** An xz stream that keeps its content as it is, in one block (LZMA2 chunks without compression, CRC-32). */
export function xzStream(content: Buffer): Buffer {
  const sum = (bytes: Buffer) => {
    const out = Buffer.alloc(4);
    out.writeUInt32LE(crc32(bytes));
    return out;
  };
  const flags = Buffer.from([0, 1]);
  const blockHeader = Buffer.from([2, 0, 0x21, 1, 0x16, 0, 0, 0]);
  const chunks = pieces(content, 64 * KiB).map((_, index) => {
    const chunk = content.subarray(index * 64 * KiB, (index + 1) * 64 * KiB);
    const head = Buffer.from([index === 0 ? 1 : 2, 0, 0]);
    head.writeUInt16BE(chunk.length - 1, 1);
    return Buffer.concat([head, chunk]);
  });
  const block = Buffer.concat([blockHeader, sum(blockHeader), ...chunks, Buffer.from([0])]);
  const record = Buffer.concat([Buffer.from([0, 1]), varint(block.length + 4), varint(content.length)]);
  const index = padded(record, 4);
  const footer = Buffer.alloc(6);
  footer.writeUInt32LE((index.length + 4) / 4 - 1);
  flags.copy(footer, 4);
  const head = Buffer.concat([Buffer.from('\xfd7zXZ\0', 'latin1'), flags, sum(flags)]);
  return Buffer.concat([head, padded(block, 4), sum(content), index, sum(index), sum(footer), footer, Buffer.from('YZ')]);
}

function varint(number: number): Buffer {
  const bytes: number[] = [];
  let left = number;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}
