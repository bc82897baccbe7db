import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as images from '../../support/disk-images.ts';
import { handle, sha256 } from './draining.ts';
import { inTurns } from '../../support/sweep.ts';

const present = spawnSync('qemu-img', ['--version']).status === 0;
/** Not a multiple of any cluster but the smallest. */
const disk = images.guestDisk((9 << 20) + 512 * 3, 7);

/** Format and options for `qemu-img convert`. */
const written: readonly (readonly [format: string, options: string, ...more: string[]])[] = [
  ['qcow2', 'compat=0.10'],
  ['qcow2', 'compat=0.10', '-c'],
  ['qcow2', 'compat=1.1'],
  ['qcow2', 'compat=1.1,compression_type=zlib', '-c'],
  ['qcow2', 'compat=1.1,compression_type=zstd', '-c'],
  ['qcow2', 'compat=1.1,lazy_refcounts=on'],
  ['qcow2', 'compat=1.1,preallocation=metadata'],
  ['qcow2', 'compat=1.1,preallocation=falloc'],
  ['qcow2', 'compat=1.1,preallocation=full'],
  ['qcow2', 'compat=1.1,cluster_size=512'],
  ['qcow2', 'compat=1.1,cluster_size=512', '-c'],
  ['qcow2', 'compat=1.1,cluster_size=4k'],
  ['qcow2', 'compat=1.1,cluster_size=2M'],
  ['qcow2', 'compat=1.1,cluster_size=2M', '-c'],
  ['qcow2', 'compat=1.1,cluster_size=2M,compression_type=zstd', '-c'],
  ['qcow2', 'compat=1.1,extended_l2=on,cluster_size=128k'],
  ['qcow2', 'compat=1.1,extended_l2=on,cluster_size=128k', '-c'],
  ['qcow2', 'compat=1.1,extended_l2=on,cluster_size=16k,compression_type=zstd', '-c'],
  ['qcow2', 'compat=1.1,refcount_bits=1'],
  ['vmdk', 'subformat=monolithicSparse'],
  ['vmdk', 'subformat=streamOptimized'],
  ['vpc', 'subformat=dynamic,force_size=on'],
  ['vpc', 'subformat=fixed,force_size=on'],
  ['vhdx', 'subformat=dynamic'],
  ['vhdx', 'subformat=fixed'],
  ['vdi', 'static=off'],
];

describe.skipIf(!present)(`with qemu-img${present ? '' : ' (SKIPPED: it is not installed)'}`, () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'qemu-'));
    writeFileSync(path('disk.raw'), disk);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(inTurns(written, 3))('%s, %s %s', async (format, options, ...more) => {
    execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', format, ...more, '-o', options, path('disk.raw'), path('image')]);
    const { inspection, rejects, drained } = await handle(readFileSync(path('image')), 0);
    expect(rejects).toEqual([]);
    expect(inspection.findings).toEqual([]);
    // VHDX has no sizes that are not multiples of 1 MiB.
    const whole = Buffer.concat([disk, Buffer.alloc((inspection.virtualBytes ?? 0) - disk.length)]);
    expect(drained?.sha256).toBe(sha256(whole));
    if (more.includes('-c') && !options.includes('zstd')) expect(drained?.kinds['deflate']).toBeGreaterThan(0);
  });

  test('a VMDK whose last grain reaches beyond the disk: it holds no more than the disk has', async () => {
    const odd = Buffer.concat([disk.subarray(0, 1 << 20), Buffer.alloc(1536, 7)]);
    writeFileSync(path('odd.raw'), odd);
    const made = ['convert', '-f', 'raw', '-O', 'vmdk', '-o', 'subformat=streamOptimized', path('odd.raw'), path('image')];
    execFileSync('qemu-img', made);
    const { inspection, drained } = await handle(readFileSync(path('image')), 0);
    expect([inspection.findings, drained?.sha256]).toEqual([[], sha256(odd)]);
  });

  test('snapshots, zeroed and discarded clusters', async () => {
    const image = path('snapshot.qcow2');
    execFileSync('qemu-img', ['convert', '-O', 'qcow2', path('disk.raw'), image]);
    execFileSync('qemu-img', ['snapshot', '-c', 'one', image]);
    execFileSync('qemu-io', [
      '-f',
      'qcow2',
      '-c',
      'write -z 1M 64k',
      '-c',
      'write -P 0x5a 2M 64k',
      '-c',
      'discard 3M 128k',
      image,
    ]);
    execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image, path('now.raw')]);
    const { rejects, drained } = await handle(readFileSync(image), 0);
    expect(rejects).toEqual([]);
    expect(drained?.sha256).toBe(sha256(readFileSync(path('now.raw'))));
  });

  test.each([
    ['backing_file', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', 'disk.raw', 'IMAGE']],
    ['external_data_file', ['convert', '-O', 'qcow2', '-o', 'data_file=DATA', 'disk.raw', 'IMAGE']],
    ['external_extent', ['convert', '-O', 'vmdk', '-o', 'subformat=monolithicFlat', 'disk.raw', 'IMAGE']],
    ['external_extent', ['convert', '-O', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', 'disk.raw', 'IMAGE']],
    ['banned_format', ['convert', '-O', 'qed', 'disk.raw', 'IMAGE']],
    ['banned_format', ['convert', '-O', 'parallels', 'disk.raw', 'IMAGE']],
    ['version', ['convert', '-O', 'qcow', 'disk.raw', 'IMAGE']],
  ])('%s', async (code, args) => {
    const named = args.map((each) =>
      each.replace('disk.raw', path('disk.raw')).replace('IMAGE', path('refused')).replace('DATA', path('data')),
    );
    execFileSync('qemu-img', named);
    expect((await handle(readFileSync(path('refused')), 0)).rejects).toContain(code);
  });

  // The images that the other tests are made of: what qemu-img reads in them is what they are meant to hold.
  test.each([
    ['qcow2', images.qcow2Image(disk)],
    ['qcow2', images.qcow2Image(disk, { version: 2, clusterBits: 12, compression: 'zlib' })],
    ['qcow2', images.qcow2Image(disk, { compression: 'zstd' })],
    ['qcow2', images.qcow2Image(disk, { extended: true })],
    ['vmdk', images.vmdkStreamImage(disk)],
    ['vmdk', images.vmdkSparseImage(disk)],
    ['vpc', images.vhdFixedImage(disk)],
    ['vpc', images.vhdDynamicImage(disk)],
    ['vhdx', images.vhdxImage(disk)],
    ['vdi', images.vdiImage(disk)],
  ])('qemu-img reads our %s (%#)', (format, image) => {
    writeFileSync(path('ours'), image);
    execFileSync('qemu-img', ['convert', '-f', format, '-O', 'raw', path('ours'), path('ours.raw')]);
    expect(readFileSync(path('ours.raw')).equals(disk)).toBe(true);
  });
});
