import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ImgctlError } from '../../../src/core/errors.ts';
import { findingCodes, inspect, readRuns, decompress, type Inspection } from '../../../src/transfer/formats/index.ts';
import type { RandomSource } from '../../../src/transfer/extents.ts';
import { sourceOfPrefix } from '../../../src/transfer/formats/byte-reader.ts';
import * as images from '../../support/disk-images.ts';
import { rejectsOf, streamOf } from './draining.ts';
import { costOfAsync } from '../../support/cpu-time.ts';

const KiB = 1024;
/** No input may take longer, be it on a machine with other work. */
const slowestMs = 2000;

/** An image, which bytes of it are worth changing, and what makes its checksums fit again, so that changes get past them. */
interface Subject {
  readonly name: string;
  readonly image: Buffer;
  readonly ranges: readonly (readonly [from: number, to: number])[];
  readonly repair?: (image: Buffer) => void;
  /** Share of all inputs. */
  readonly weight: number;
}

const disk = images.guestDisk(40 * KiB, 11);
const l2 = (bits: number): readonly [number, number] => [3 * 2 ** bits, 3 * 2 ** bits + 200];
const qcow2 = (name: string, options: images.Qcow2Options & { clusterBits: number }, weight: number): Subject => ({
  name,
  image: images.qcow2Image(disk, options),
  ranges: [[0, 128], [0, 128], [2 * 2 ** options.clusterBits, 2 * 2 ** options.clusterBits + 64], l2(options.clusterBits)], // prettier-ignore
  weight,
});
const vmdkRanges = [[0, 80], [0, 80], [512, 800]] as const; // prettier-ignore
const stream = images.vmdkStreamImage(disk);
const dynamic = images.vhdDynamicImage(disk, 16 * KiB);
const vhdx = images.vhdxImage(disk);

const subjects: readonly Subject[] = [
  qcow2('qcow2 v3', { clusterBits: 12 }, 18),
  qcow2('qcow2 v2', { clusterBits: 9, version: 2 }, 12),
  qcow2('qcow2 extended', { clusterBits: 14, extended: true }, 10),
  qcow2('qcow2 zlib', { clusterBits: 12, compression: 'zlib' }, 3),
  qcow2('qcow2 zstd', { clusterBits: 12, compression: 'zstd' }, 3),
  {
    name: 'vmdk sparse',
    image: images.vmdkSparseImage(disk),
    ranges: [...vmdkRanges, [21 * 512, 21 * 512 + 16], [22 * 512, 22 * 512 + 32]],
    weight: 12,
  },
  { name: 'vmdk stream', image: stream, ranges: [...vmdkRanges, [stream.length - 5 * 512 - 2048, stream.length]], weight: 5 },
  { name: 'vmdk text', image: stream.subarray(512, 900), ranges: [[0, 388]], weight: 2 },
  {
    name: 'vhd fixed',
    image: images.vhdFixedImage(disk),
    ranges: [[disk.length, disk.length + 90]],
    weight: 6,
    repair: (image) => repairAt(image, image.length - 512, 512, 64),
  },
  {
    name: 'vhd dynamic',
    image: dynamic,
    ranges: [[0, 90], [512, 600], [1536, 1560], [dynamic.length - 512, dynamic.length]], // prettier-ignore
    weight: 10,
    repair(image) {
      repairAt(image, image.length - 512, 512, 64);
      repairAt(image, 512, 1024, 36);
      image.copy(image, 0, image.length - 512);
    },
  },
  { name: 'vdi', image: images.vdiImage(disk), ranges: [[64, 90], [336, 400], [336, 400], [420, 460], [512, 540]], weight: 8 }, // prettier-ignore
  {
    name: 'vhdx',
    image: vhdx,
    ranges: [[0, 16], [64 * KiB, 64 * KiB + 96], [128 * KiB, 128 * KiB + 96], [192 * KiB, 192 * KiB + 96], [1024 * KiB, 1024 * KiB + 200], [1088 * KiB, 1088 * KiB + 80], [2048 * KiB, 2048 * KiB + 32]], // prettier-ignore
    weight: 1,
    repair(image) {
      for (const at of [64, 128]) images.writeVhdxChecksum(image.subarray(at * KiB, (at + 4) * KiB));
      for (const at of [192, 256]) images.writeVhdxChecksum(image.subarray(at * KiB, (at + 64) * KiB));
    },
  },
  { name: 'raw', image: disk, ranges: [[0, 4], [440, 560]], weight: 4 }, // prettier-ignore
  { name: 'tar', image: images.tarImage(images.qcow2Image(disk, { clusterBits: 9 })), ranges: [[0, 512], [512, 640]], weight: 3, repair: repairTar }, // prettier-ignore
  { name: 'gzip', image: gzipSync(images.qcow2Image(disk.subarray(0, 3000), { clusterBits: 9 })), ranges: [[0, 60]], weight: 1 },
  { name: 'xz', image: images.xzStream(disk.subarray(0, 3000)), ranges: [[0, 60]], weight: 1 },
  { name: 'zstd', image: images.zstdFrame(disk.subarray(0, 3000)), ranges: [[0, 30]], weight: 1 },
];

function repairAt(image: Buffer, from: number, length: number, at: number): void {
  images.writeVhdChecksum(image.subarray(from, from + length), at);
}

function repairTar(image: Buffer): void {
  image.write('        ', 148, 'latin1');
  const sum = image.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  image.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

const interesting = [
  0, 1, 2, 3, 4, 7, 8, 9, 21, 31, 32, 63, 104, 127, 128, 255, 256, 511, 512, 4095, 4096, 65535, 65536, 0x7fffffff, 0x80000000,
  0xffffffff, 0xfffffffe,
];

type Random = () => number;
const pick = <T>(list: readonly T[], next: Random): T | undefined => list[next() % list.length];

/** Changes one field: a bit, a byte, or a number of 16, 32 or 64 bits in either order of bytes. */
function mutate(image: Buffer, [from, to]: readonly [number, number], next: Random): void {
  const at = from + (next() % Math.max(1, to - from));
  const value = pick([pick(interesting, next) ?? 0, next(), 2 ** (next() % 32), 2 ** (next() % 32) - 1], next) ?? 0;
  const word = value >>> 0;
  const aligned = Math.min(at - ((at - from) % 4), image.length - 8);
  const kind = next() % 8;
  if (kind === 0) image[at] = (image[at] ?? 0) ^ (1 << (next() % 8));
  else if (kind === 1) image[at] = value & 255;
  else if (kind === 2) image.writeUInt16BE(word & 65535, Math.min(at, image.length - 2));
  else if (kind === 3) image.writeUInt32LE(word, aligned);
  else if (kind === 4 || kind === 5) image.writeUInt32BE(word, aligned);
  else if (kind === 6) image.writeBigUInt64BE((BigInt(word) << BigInt(next() % 33)) & 0xffffffffffffffffn, aligned);
  else image.writeBigUInt64LE((BigInt(word) << BigInt(next() % 33)) & 0xffffffffffffffffn, aligned);
}

/** A file that holds its readers to what is in it: no read may be longer than the file. */
function guarded(bytes: Buffer): RandomSource {
  return {
    size: bytes.length,
    read(offset, length) {
      if (!(offset >= 0 && length >= 0 && length <= bytes.length))
        throw new Error(`read of ${length} bytes at ${offset} in a file of ${bytes.length}`);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
}

/** A changed header may ask for more than a decoder has. */
function unsupported(error: unknown): undefined {
  if (!(error instanceof ImgctlError) || error.code !== 'UNSUPPORTED') throw error;
}

/** Runs one input through everything. Returns whether it was taken; throws what must not be thrown. */
async function digest(file: Buffer): Promise<boolean> {
  const inspection = await inspect(guarded(file)).catch(unsupported);
  if (!inspection) return false;
  for (const { code } of inspection.findings) if (!(code in findingCodes)) throw new Error(`unknown code ${code}`);
  if (rejectsOf(inspection).length > 0) return false;
  await expected(inspection.compression === undefined ? read(guarded(file), inspection) : unpack(file, inspection));
  return true;
}

async function read(source: RandomSource, inspection: Inspection): Promise<void> {
  let bytes = 0;
  let decoded = 0;
  for await (const run of readRuns(source, inspection)) {
    bytes += run.length;
    if (!(run.length > 0 && run.length <= (run.kind === 'zero' ? 2 ** 32 : 4 << 20)))
      throw new Error(`a run of ${run.length} bytes`);
    if (run.kind === 'zero' || decoded > 256 * KiB) continue;
    decoded += run.length;
    if ((await run.read()).length !== run.length) throw new Error('a run gave another number of bytes');
    if (run.kind === 'deflate') await run.deflated();
  }
  if (inspection.virtualBytes !== undefined && bytes !== inspection.virtualBytes)
    throw new Error(`${bytes} bytes instead of ${inspection.virtualBytes}`);
}

async function unpack(file: Buffer, { compression }: Inspection): Promise<void> {
  if (compression !== undefined)
    for await (const piece of decompress(compression, streamOf(file), 1 << 20))
      if (piece.length === 0) throw new Error('nothing');
}

/** Broken data may show only when it is read; then it must be one of our errors. */
async function expected(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof ImgctlError) || error.code === 'INTERNAL') throw error;
  });
}

/** Changes headers, `total` times in all, and reads what comes of it. */
export const walkChangedHeaders = (total: number): void =>
  void describe(`changed headers, ${total} of them`, () => {
    const weights = subjects.reduce((sum, subject) => sum + subject.weight, 0);

    test.each(subjects)('$name', { timeout: 600_000 }, async (subject) => {
      const next = images.randomNumbers(subject.image.length + subject.name.length * 7919);
      const file = Buffer.from(subject.image);
      const saved = subject.ranges.map(([from, to]) => [Math.max(0, from - 8), Math.min(file.length, to + 8)] as const);
      const count = Math.ceil((total * subject.weight) / weights);
      let [taken, slowest] = [0, 0];
      expect(await digest(file)).toBe(subject.name !== 'vmdk text');
      for (let input = 0; input < count; input += 1) {
        for (let changes = 1 + (next() % 3); changes > 0; changes -= 1) mutate(file, pick(subject.ranges, next) ?? [0, 1], next);
        const isRepaired = subject.repair !== undefined && next() % 4 !== 0;
        if (isRepaired) subject.repair?.(file);
        const length = next() % 16 === 0 ? next() % file.length : file.length;
        const work = async (): Promise<void> => {
          if (await digest(file.subarray(0, length))) taken += 1;
          // As it comes through a pipe: only the beginning can be looked at.
          if (input % 16 === 0) await inspect(sourceOfPrefix(file.subarray(0, next() % file.length))).catch(unsupported);
        };
        const { ms } = await costOfAsync(work).catch((cause: unknown) => {
          throw new Error(`input ${input} of ${subject.name}: ${String(cause)}`, { cause });
        });
        slowest = Math.max(slowest, ms);
        if (isRepaired) subject.image.copy(file);
        else for (const [from, to] of saved) subject.image.copy(file, from, from, to);
      }
      expect(slowest).toBeLessThan(slowestMs);
      // Not everything is refused at the door: some changes get to where the tables are followed and data is read.
      if (subject.name !== 'vmdk text') expect(taken).toBeGreaterThan(0);
    });
  });
