import { randomBytes } from 'node:crypto';
import type { Bytes } from '../../core/http.ts';
import { limitError } from '../../core/errors.ts';
import { alignedBytes } from '../align.ts';
import type { Runs } from '../extents.ts';
import type { ReadOptions } from './disk-pieces.ts';
import { rawBytes } from './raw.ts';
import { zeroPieces } from './zeros.ts';

export interface FooterOptions {
  /** 16 bytes that tell this disk from others; default random. */
  readonly uniqueId?: Uint8Array;
  /** Default: now. */
  readonly createdAt?: Date;
}

const sector = 512;
/** 2040 GiB: what the format's readers take (specification 1.0 and Hyper-V's limit). */
const largestDisk = 2040 * 2 ** 30;
const epochMs = Date.UTC(2000, 0, 1);

/** Size of the disk inside a VHD of `virtualBytes`: whole sectors. The file is 512 bytes longer. */
export const vhdDiskBytes = (virtualBytes: number): number => alignedBytes(virtualBytes, sector);

/** The guest's disk as a fixed VHD: its bytes, filled up, and a footer. Throws LIMIT above 2040 GiB, and what reading throws. */
export async function* vhdBytes(
  runs: Runs,
  options: ReadOptions & FooterOptions = {},
): Bytes & AsyncGenerator<Uint8Array, void, undefined> {
  let length = 0;
  for await (const bytes of rawBytes(runs, options)) {
    length += bytes.length;
    yield bytes;
  }
  const disk = vhdDiskBytes(length);
  yield* zeroPieces(disk - length);
  yield vhdFooter(disk, options);
}

/**
 * The 512-byte footer of a fixed VHD of `diskBytes`, a multiple of 512 (Virtual Hard Disk Image Format Specification 1.0,
 * "Hard Disk Footer Format"; all numbers big-endian). Throws LIMIT above 2040 GiB.
 */
export function vhdFooter(diskBytes: number, options: FooterOptions = {}): Uint8Array {
  if (diskBytes > largestDisk) {
    throw limitError(`a VHD holds at most ${largestDisk} bytes (2040 GiB), and this disk has ${diskBytes}`, {
      hint: 'Choose another --disk-format.',
    });
  }
  const footer = Buffer.alloc(512);
  const { cylinders, heads, sectors } = geometry(diskBytes / sector);
  footer.write('conectix', 0, 'latin1');
  footer.writeUInt32BE(2, 8); // features: the reserved bit is always set
  footer.writeUInt32BE(0x00010000, 12); // version of the format
  footer.fill(0xff, 16, 24); // no dynamic header
  footer.writeUInt32BE(Math.max(0, Math.floor(((options.createdAt ?? new Date()).getTime() - epochMs) / 1000)), 24);
  // Oddity: readers trust the current size only of creators they know to mean it, else they calculate it from the geometry.
  footer.write('win ', 28, 'latin1');
  footer.writeUInt32BE(0x00060001, 32); // creator's version
  footer.write('Wi2k', 36, 'latin1'); // creator's system
  footer.writeBigUInt64BE(BigInt(diskBytes), 40); // original size
  footer.writeBigUInt64BE(BigInt(diskBytes), 48); // current size
  footer.writeUInt16BE(cylinders, 56);
  footer.writeUInt8(heads, 58);
  footer.writeUInt8(sectors, 59);
  footer.writeUInt32BE(2, 60); // fixed
  footer.set(options.uniqueId ?? randomBytes(16), 68);
  footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64); // ones' complement of the sum without itself
  return footer;
}

/** Cylinders, heads and sectors per track, as the specification's appendix "CHS Calculation" has it. */
function geometry(totalSectors: number): { cylinders: number; heads: number; sectors: number } {
  const total = Math.min(totalSectors, 65535 * 16 * 255);
  const at = (sectors: number, heads: number) => ({ cylinders: Math.floor(Math.floor(total / sectors) / heads), heads, sectors });
  if (total >= 65535 * 16 * 63) return at(255, 16);
  const tracks = Math.floor(total / 17);
  const heads = Math.max(4, Math.floor((tracks + 1023) / 1024));
  if (heads <= 16 && tracks < heads * 1024) return at(17, heads);
  return Math.floor(total / 31) < 16 * 1024 ? at(31, 16) : at(63, 16);
}
