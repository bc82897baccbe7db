import type { Compression } from '../core/encoding.ts';
import { bufferOf } from './formats/byte-reader.ts';
import type { RandomSource } from './extents.ts';

const readers: Readonly<Partial<Record<Compression, (file: RandomSource) => Promise<number | undefined>>>> = {
  gzip: gzipSize,
  xz: xzSize,
  zstd: zstdSize,
};

/** How long the content of a compressed file is modulo 2^32, as the file says of its last part; absent where it does not say. */
export async function decompressedSize(compression: Compression, file: RandomSource): Promise<number | undefined> {
  return file.size < 32 ? undefined : readers[compression]?.(file);
}

/** RFC 1952, 2.3.1: ISIZE. */
async function gzipSize(file: RandomSource): Promise<number | undefined> {
  return bufferOf(await file.read(file.size - 4, 4)).readUInt32LE(0);
}

/** RFC 8878, 3.1.1.1: Frame_Content_Size, which is there where a file was compressed, not a pipe. */
async function zstdSize(file: RandomSource): Promise<number | undefined> {
  const head = bufferOf(await file.read(0, 18));
  const descriptor = head[4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  const kind = descriptor >> 6;
  if (kind === 0) return isSingle ? head[at] : undefined;
  return kind === 1 ? head.readUInt16LE(at) + 256 : head.readUInt32LE(at);
}

const mostIndexBytes = 1 << 20;

/** The .xz File Format 1.2, sections 2.1.2 and 4: the sizes of all blocks stand in the index before the footer. */
async function xzSize(file: RandomSource): Promise<number | undefined> {
  const footer = bufferOf(await file.read(file.size - 12, 12));
  const bytes = (footer.readUInt32LE(4) + 1) * 4;
  if (footer.toString('latin1', 10) !== 'YZ' || bytes > mostIndexBytes || bytes + 24 > file.size) return undefined;
  const index = bufferOf(await file.read(file.size - 12 - bytes, bytes));
  let at = 1;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = index[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  let size = 0;
  for (let blocks = next(); blocks > 0 && at < index.length; blocks -= 1) {
    next();
    size += next();
  }
  return size % 2 ** 32;
}
