import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { PackedBlock } from '../../core/blocks.ts';
import { collector } from '../../host/garbage-collection.ts';

/** Above this share of what it was, a block is kept as it is: reading it then costs nothing. */
const worthIt = 0.97;
const gzipLevel = 1;
/** Byte 9 of a gzip header (RFC 1952): the system. Not said, so that one block is the same bytes wherever it was compressed. */
const systemAt = 9;
const unknownSystem = 255;
/** What is looked at beforehand: so much of each stretch. All of what does not compress is not compressed to find that out. */
const look = { bytes: 4 * 1024, every: 512 * 1024 };

/** What was compressed is in use for long: it is not found by collecting what is young. */
const collect = collector('whole');

const gzipping = promisify(zlib.gzip);
const deflating = promisify(zlib.deflateRaw);

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  // A chunk that holds any output makes it one job of the thread pool.
  const packed = await gzipping(bytes, { level: gzipLevel, chunkSize: Math.ceil(bytes.length * 1.002) + 256 });
  packed[systemAt] = unknownSystem;
  return packed;
}

/** Node has Zstandard from 22.15 on: half of the time of gzip, and smaller. Before, only a reader in WebAssembly is there. */
const zstd = typeof zlib.zstdCompress === 'function' ? promisify(zlib.zstdCompress) : undefined;

const isSmaller = (packed: Uint8Array, bytes: Uint8Array): boolean => packed.length < bytes.length * worthIt;

/** Whether pieces of a block get smaller, from all over it. */
async function seemsToShrink(bytes: Uint8Array): Promise<boolean> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += look.every) pieces.push(bytes.subarray(at, at + look.bytes));
  const sample = Buffer.concat(pieces);
  return isSmaller(await deflating(sample, { level: gzipLevel, chunkSize: sample.length * 2 }), sample);
}

async function compressed(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (!(await seemsToShrink(bytes))) return undefined;
  collect(bytes.length);
  const packed = zstd ? await zstd(bytes) : await gzip(bytes);
  return isSmaller(packed, bytes) ? packed : undefined;
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * A block compressed by itself, in the thread pool, by the best that this Node has; as it is where that is hardly smaller. `sha256` is
 * that of the bytes, in hex, where somebody has taken it.
 */
export async function packBlock(bytes: Uint8Array, sha256?: string): Promise<PackedBlock> {
  const packed = await compressed(bytes);
  if (!packed) return { bytes, sha256: sha256 ?? sha256Of(bytes) };
  return { bytes: packed, sha256: sha256Of(packed), compression: zstd ? 'zstd' : 'gzip' };
}
