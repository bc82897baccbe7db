import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Accept } from '../../../src/core/encoding.ts';
import { inspect, streamRuns } from '../../../src/transfer/formats/index.ts';
import { sourceOfPrefix } from '../../../src/transfer/formats/byte-reader.ts';
import { prepare } from '../../../src/transfer/prepare.ts';
import { guestDisk, vmdkStreamImage } from '../../support/disk-images.ts';
import { all, chunked, failure, meansIn, noWishes, remote, stage, stream } from '../sources.ts';
import { installed } from '../writers/guest.ts';
import { drain, handle } from './draining.ts';

const place = stage();
const sector = 512;
/** Ends inside a grain, and with data. */
const disk = guestDisk((2 << 20) + 3 * sector, 21);
const image = vmdkStreamImage(disk);

const decoded = (bytes: Uint8Array, chunkBytes?: number) => drain(streamRuns(chunked(bytes, chunkBytes), { isInOrder: true }));

/** QEMU writes directory and tables in front of the grains, and no footer. */
function madeByQemu(): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-vmdk-'));
  try {
    writeFileSync(path.join(folder, 'in'), disk);
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', 'in', 'out'], {
      cwd: folder,
    });
    return readFileSync(path.join(folder, 'out'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sectors of the image that are grain markers. */
function grainsOf(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 128 * sector; at < bytes.length;) {
    const size = bytes.readUInt32LE(at + 8);
    if (size === 0) break;
    found.push(at / sector);
    at += Math.ceil((12 + size) / sector) * sector;
  }
  return found;
}
const changed = (change: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.from(image);
  change(bytes);
  return bytes;
};
/** Place of the marker of this type behind the grains. */
function markerAt(type: number): number {
  for (let at = 128 * sector; ; at += sector)
    if (image.readUInt32LE(at + 8) === 0 && image.readUInt32LE(at + 12) === type && image.readUInt32LE(at) > 0) return at;
}

describe('a streamOptimized VMDK from a stream', () => {
  it('is decoded front to back, whatever the pieces it comes in', async () => {
    const { isInOrder } = await inspect(sourceOfPrefix(image.subarray(0, 70 << 10)));
    expect(isInOrder).toBe(true);
    for (const chunkBytes of [7919, 64 << 10, 1 << 20]) {
      const drained = await decoded(image, chunkBytes);
      expect(drained.bytes).toBe(disk.length);
      expect(drained.kinds['deflate'], 'grains that gzip can take over').toBeGreaterThan(0);
    }
  });

  it.each<[string, readonly Accept[], readonly string[], (bytes: Buffer) => Buffer]>([
    ['raw', [{ format: 'raw' }], ['decode vmdk'], (bytes) => bytes],
    ['raw whose length is wanted', [{ format: 'raw', needsLength: true }], ['decode vmdk'], (bytes) => bytes],
    ['gzip', [{ format: 'raw', compression: 'gzip' }], ['decode vmdk', 'gzip'], (bytes) => gunzipSync(bytes)],
    ['vhd', [{ format: 'vhd', needsLength: true }], ['decode vmdk', 'encode vhd'], (bytes) => bytes.subarray(0, disk.length)],
  ])('goes to %s without a temporary file', async (_to, accepts, steps, disks) => {
    for (const source of [stream(image), remote(image).source, stream(gzipSync(image))]) {
      const prepared = await prepare(source, accepts, noWishes, meansIn(place.folder()));
      const content = await prepared.content();
      expect(prepared.plan.steps.filter((step) => /decode|encode|^gzip|temporary/.test(step))).toEqual(steps);
      if (accepts[0]?.needsLength) expect(content.bytes).toBeGreaterThanOrEqual(disk.length);
      expect(disks(await all(content)).equals(disk)).toBe(true);
      expect(await prepared.contentId()).toMatch(/^blocks-sha256:/);
      expect(place.left()).toEqual([]);
      await prepared.close();
    }
  });

  it('still goes through a temporary file where its writer goes over the disk twice', async () => {
    const prepared = await prepare(stream(image), [{ format: 'qcow2' }], noWishes, meansIn(place.folder()));
    expect(prepared.plan.steps).toContain('temporary file');
    await prepared.close();
  });

  it.skipIf(!installed('qemu-img'))('as qemu-img writes it is decoded, and no less checked (needs qemu-img)', async () => {
    const made = madeByQemu();
    expect((await inspect(sourceOfPrefix(made.subarray(0, 70 << 10)))).isInOrder).toBe(true);
    expect(await decoded(made)).toMatchObject({ bytes: disk.length, sha256: (await decoded(image)).sha256 });
    const directory = made.readUInt32LE(56) * sector;
    const table = made.readUInt32LE(directory) * sector;
    const other = Buffer.from(made);
    other.writeUInt32LE(other.readUInt32LE(table) + 1, table);
    expect((await failure(decoded(other), 'INTEGRITY')).message).toContain('data_offset');
    const behind = Buffer.concat([made, Buffer.alloc(sector, 1)]);
    expect((await failure(decoded(behind), 'INTEGRITY')).message).toMatch(/footer|decompress|data_offset/);
  });

  it.each<[string, string, () => Buffer]>([
    ['is cut off inside a grain', 'truncated', () => image.subarray(0, 130 * sector)],
    ['ends without a footer', 'truncated', () => image.subarray(0, image.length - 3 * sector)],
    ['ends inside the footer', 'truncated', () => image.subarray(0, image.length - 2 * sector)],
    ['has a footer of another disk', 'footer', () => changed((bytes) => bytes.writeUInt32LE(1, image.length - 2 * sector + 12))],
    ['has something behind the footer', 'footer', () => Buffer.concat([image, Buffer.alloc(1)])],
    ['has no marker of the end', 'footer', () => changed((bytes) => bytes.writeUInt8(1, image.length - sector))],
    [
      'has the end before the footer',
      'footer',
      () => changed((bytes) => bytes.fill(0, image.length - 3 * sector, image.length - 2 * sector)),
    ],
    [
      'has a directory elsewhere than the footer says',
      'gd_offset',
      () => changed((bytes) => bytes.writeUInt32LE(200, image.length - 2 * sector + 56)),
    ],
    [
      'has a table elsewhere than the directory says',
      'gt_offset',
      () => changed((bytes) => bytes.writeUInt32LE(200, markerAt(2) + sector)),
    ],
    [
      'has a grain that the tables do not know',
      'data_offset',
      () => changed((bytes) => bytes.writeUInt32LE(0, markerAt(1) + sector)),
    ],
    [
      'has a table with a grain that never came',
      'data_offset',
      () => changed((bytes) => bytes.writeUInt32LE(128, markerAt(1) + sector + 4 * 100)),
    ],
    ['has a table of another size', 'gt_size', () => changed((bytes) => bytes.writeUInt32LE(2 ** 31, markerAt(1)))],
    ['has a marker that is not known', 'header', () => changed((bytes) => bytes.writeUInt32LE(9, markerAt(1) + 12))],
    [
      'has grains that go backwards',
      'data_offset',
      () => changed((bytes) => bytes.writeUInt32LE(0, (grainsOf(image)[1] ?? 0) * sector)),
    ],
    [
      'has a grain behind the disk',
      'data_offset',
      () => changed((bytes) => bytes.writeUInt32LE(2 ** 30, (grainsOf(image).at(-1) ?? 0) * sector)),
    ],
    ['has a grain that claims too much', 'decompress', () => changed((bytes) => bytes.writeUInt32LE(2 ** 31, 128 * sector + 8))],
    ['has a broken grain', 'decompress', () => changed((bytes) => bytes.fill(0xff, 128 * sector + 20, 128 * sector + 40))],
  ])('that %s is refused, before all of the disk has been given (%s)', async (_what, code, bytes) => {
    let given = 0;
    const reading = async () => {
      for await (const run of streamRuns(chunked(bytes()), { isInOrder: true })) {
        if (run.kind !== 'zero') await run.read();
        given += run.length;
      }
    };
    expect((await failure(reading(), 'INTEGRITY')).message).toContain(`[${code}]`);
    expect(given).toBeLessThan(disk.length);
  });

  it('without an end takes no more than the disk’s share of memory', async () => {
    const front = image.subarray(0, 128 * sector);
    const marker = image.subarray(markerAt(1), markerAt(1) + 5 * sector);
    const endless = async function* () {
      yield front;
      for (let n = 0; n < 100_000; n += 1) yield marker;
    };
    expect((await failure(drain(streamRuns(endless(), { isInOrder: true })), 'INTEGRITY')).message).toContain('gt_offset');
  });

  it('that is damaged anywhere gives the disk that the file would give, or none', async () => {
    const whole = vmdkStreamImage(guestDisk((300 << 10) + sector, 22));
    let state = 7;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const begin = 128 * sector;
    let decodedOnes = 0;
    for (let round = 0; round < 300; round += 1) {
      const bytes = Buffer.from(whole);
      // Markers and tables stand at the beginning of sectors; the tables are sparse.
      const at = begin + random((whole.length - begin) / sector) * sector + random(round % 3 === 0 ? sector : 16);
      bytes[at] = random(256);
      const streamed = await decoded(bytes).catch(() => undefined);
      if (!streamed) continue;
      decodedOnes += 1;
      expect((await handle(bytes, 0)).drained?.sha256, `byte ${at} is ${bytes[at]}`).toBe(streamed.sha256);
    }
    expect(decodedOnes).toBeGreaterThan(5);
  });
});
