import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { PackedBlock } from '../../core/blocks.ts';

/** Above this share of what it was, a block is kept as it is: reading it then costs nothing. */
const worthIt = 0.97;
const gzipLevel = 1;
/** Byte 9 of a gzip header (RFC 1952): the system. Not said, so that one block is the same bytes wherever it was compressed. */
const systemAt = 9;
const unknownSystem = 255;

const gzipping = promisify(zlib.gzip);

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  // A chunk that holds any output makes it one job of the thread pool.
  const packed = await gzipping(bytes, { level: gzipLevel, chunkSize: Math.ceil(bytes.length * 1.002) + 256 });
  packed[systemAt] = unknownSystem;
  return packed;
}

/** Node has Zstandard from 22.15 on: half of the time of gzip, and smaller. Before, only a reader in WebAssembly is there. */
const zstd = typeof zlib.zstdCompress === 'function' ? promisify(zlib.zstdCompress) : undefined;

/** A block compressed by itself, in the thread pool, by the best that this Node has; as it is where that is hardly smaller. */
export async function packBlock(bytes: Uint8Array): Promise<PackedBlock> {
  const packed = zstd ? await zstd(bytes) : await gzip(bytes);
  const isSmaller = packed.length < bytes.length * worthIt;
  const kept = isSmaller ? packed : bytes;
  const sha256 = createHash('sha256').update(kept).digest('hex');
  return { bytes: kept, sha256, ...(isSmaller ? { compression: zstd ? 'zstd' : 'gzip' } : {}) };
}
