import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Compression, Encoding, Format } from '../../src/core/encoding.ts';
import type { Bytes } from '../../src/core/http.ts';
import type { Content } from '../../src/core/operation.ts';

const chunkBytes = 64 * 1024;

/** First bytes by which each format is recognised, at offset 0. Formats not named here have none there. */
const magic: Readonly<Partial<Record<Format, Buffer>>> = {
  qcow2: Buffer.from('514649fb00000003', 'hex'),
  qed: Buffer.from('51454400', 'hex'),
  vmdk: Buffer.from('4b444d5601000000', 'hex'),
  vhd: Buffer.from('conectix'),
  vhdx: Buffer.from('vhdxfile'),
  vdi: Buffer.from('<<< Oracle VM VirtualBox Disk Image >>>\n'),
  luks: Buffer.from('4c554b53babe0001', 'hex'),
};

/** A small disk file: bytes that differ by `seed`, beginning as the format does. It is not a valid image beyond that. */
export function diskBytes(format: Format, length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed >>> 0 || 1;
  for (let at = 0; at + 4 <= length; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  magic[format]?.copy(bytes);
  return bytes;
}

/** A zstd frame (RFC 8878) that holds the bytes in raw blocks. */
function zstdFrame(bytes: Buffer): Buffer {
  const maxBlock = 128 * 1024;
  const header = Buffer.alloc(9);
  header.writeUInt32LE(0xfd2fb528, 0);
  header[4] = 0b1010_0000; // single segment, content size in four bytes
  header.writeUInt32LE(bytes.length, 5);
  const parts: Buffer[] = [header];
  for (let at = 0; at < bytes.length || at === 0; at += maxBlock) {
    const block = bytes.subarray(at, at + maxBlock);
    const last = at + maxBlock >= bytes.length ? 1 : 0;
    const blockHeader = Buffer.alloc(3);
    blockHeader.writeUIntLE((block.length << 3) | last, 0, 3);
    parts.push(blockHeader, block);
  }
  return Buffer.concat(parts);
}

const wrappers: Readonly<Record<Compression, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gzipSync(bytes),
  zstd: zstdFrame,
  // Nothing in Node writes these two: the magic number and bytes that no provider of the tests looks into.
  xz: (bytes) => Buffer.concat([Buffer.from('fd377a585a0000', 'hex'), bytes]),
  bzip2: (bytes) => Buffer.concat([Buffer.from('BZh9'), bytes]),
};

export interface TestContent extends Content {
  /** What `open` gives. */
  readonly data: Buffer;
  /** How often `open` was called. */
  opened(): number;
}

export interface ContentWishes {
  /** Bytes of the disk before wrapping; default 1 MiB. */
  readonly diskLength?: number;
  /** Different numbers give different bytes; default 1. */
  readonly seed?: number;
  /** Length and SHA-256 are not told beforehand, and the bytes come only once: standard input. */
  readonly blind?: boolean;
  /** Called before the chunk that begins at this offset is given; may throw. */
  readonly before?: (offset: number) => void | Promise<void>;
  /** Give only this many bytes, whatever was said. */
  readonly cutAt?: number;
}

/** A content for an upload in the given encoding: small, and counted and hashed as it is read. */
export function makeContent(encoding: Encoding, wishes: ContentWishes = {}): TestContent {
  const disk = diskBytes(encoding.format, wishes.diskLength ?? 1024 * 1024, wishes.seed ?? 1);
  return contentOf(encoding.compression ? wrappers[encoding.compression](disk) : disk, encoding, disk.length, wishes);
}

/** These very bytes as a content. */
export function contentOf(data: Buffer, encoding: Encoding, virtualBytes: number, wishes: ContentWishes = {}): TestContent {
  let opened = 0;
  let read = 0;
  async function* open(): Bytes {
    opened += 1;
    read = 0;
    const end = Math.min(data.length, wishes.cutAt ?? data.length);
    // One buffer is used again for every chunk, as the real sources do: who keeps a chunk sees it change.
    const buffer = Buffer.alloc(chunkBytes);
    for (let at = 0; at < end; at += chunkBytes) {
      await wishes.before?.(at);
      const length = data.copy(buffer, 0, at, Math.min(at + chunkBytes, end));
      read += length;
      yield buffer.subarray(0, length);
    }
    await wishes.before?.(end);
  }
  const digest = (name: string): string => createHash(name).update(data).digest('hex');
  return {
    encoding,
    data,
    virtualBytes,
    repeatable: !wishes.blind,
    ...(wishes.blind ? {} : { bytes: data.length, sha256: digest('sha256') }),
    open,
    opened: () => opened,
    sent: () => ({ bytes: read, digests: { sha256: digest('sha256'), sha512: digest('sha512'), md5: digest('md5') } }),
  };
}

/** All bytes of a stream in one buffer. Chunks are copied, for their buffers are used again. */
export async function gather(bytes: Bytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
