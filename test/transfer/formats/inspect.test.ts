import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ImgctlError } from '../../../src/core/errors.ts';
import { findingOf, inspect, readRuns } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes, sourceOfPrefix } from '../../../src/transfer/formats/byte-reader.ts';
import * as images from '../../support/disk-images.ts';
import { drain, handle, rejectsOf } from './draining.ts';
import { all, at, disk, made, type Change } from './made.ts';

describe('what is right is not complained about', () => {
  test.each(Object.entries(made))('%s', async (_name, image) => {
    expect((await inspect(sourceOfBytes(image))).findings).toEqual([]);
  });

  test.each<[string, keyof typeof made, Change]>([
    ['an unknown compatible feature', 'qcow2', at.be32(84, 0x80)],
    ['an unknown header extension', 'qcow2', all(at.be32(112, 0x12345678), at.be32(116, 5))],
    ['a blank disk', 'raw', (image) => void image.fill(0)],
    ['a FAT boot sector', 'raw', all(at.u8(16, 2), at.u8(21, 0xf8), at.u8(446, 9))],
    ['a partition table on an ISO', 'raw', at.text(32769, 'CD001')],
    ['a partition table inside a fixed VHD', 'vhdFixed', () => undefined],
  ])('%s', async (_name, image, change) => {
    const file = Buffer.from(made[image]);
    change(file);
    expect((await inspect(sourceOfBytes(file))).findings).toEqual([]);
  });
});

describe('the format', () => {
  test.each<[string, Buffer, object]>([
    ['gpt', Buffer.from(disk).fill('EFI PART', 512, 520), { format: 'raw', subformat: 'gpt' }],
    ['gpt with large sectors', Buffer.from(disk).fill('EFI PART', 4096, 4104), { format: 'raw', subformat: 'gpt' }],
    ['mbr', disk, { format: 'raw', subformat: 'mbr' }],
    ['iso', Buffer.from(disk).fill('CD001', 32769, 32774), { format: 'iso', virtualBytes: disk.length }],
    [
      'ova',
      Buffer.concat([
        images.tarImage(Buffer.from('<Envelope/>'), 'a.ovf').subarray(0, 1024),
        images.tarImage(made.stream, 'a-disk1.vmdk'),
      ]),
      { format: 'ova', subformat: 'vmdk streamOptimized', virtualBytes: disk.length },
    ],
    ['nothing but zeros', Buffer.alloc(5 << 20), { format: 'raw', virtualBytes: 5 << 20 }],
  ])('%s', async (_name, file, expected) => {
    expect(await inspect(sourceOfBytes(file))).toMatchObject(expected);
  });

  test('of what is larger than the part looked at in a wrapper: sizes only where a header tells them', async () => {
    const large = images.guestDisk(6 << 20, 8);
    const look = async (image: Buffer) => inspect(sourceOfBytes(gzipSync(image, { level: 1 })));
    const rawInside = await look(large);
    expect(rawInside).toMatchObject({ format: 'raw', subformat: 'mbr', compression: 'gzip', findings: [] });
    expect(rawInside.virtualBytes).toBeUndefined();
    expect(await look(images.qcow2Image(large))).toMatchObject({ format: 'qcow2', virtualBytes: large.length, findings: [] });
    expect(await look(images.vmdkStreamImage(large))).toMatchObject({ format: 'vmdk', virtualBytes: large.length, findings: [] });
    expect(await look(images.vdiImage(large))).toMatchObject({ format: 'vdi', virtualBytes: large.length, findings: [] });
    expect(await look(images.tarImage(large))).toMatchObject({
      format: 'tar',
      subformat: 'raw mbr',
      virtualBytes: large.length,
      findings: [],
    });
    const backed = images.qcow2Image(large);
    backed.writeBigUInt64BE(400n, 8);
    expect(rejectsOf(await look(backed))).toEqual(['backing_file']);
  });
});

describe('a refusal', () => {
  test('is an INTEGRITY error that says what was found and what to do', async () => {
    const file = Buffer.from(made.qcow2);
    file.writeBigUInt64BE(400n, 8);
    const source = sourceOfBytes(file);
    const error: unknown = await drain(readRuns(source, await inspect(source))).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(ImgctlError);
    expect(error).toMatchObject({ code: 'INTEGRITY', circumstances: { hint: expect.any(String) } });
    expect(findingOf(error)).toMatchObject({ level: 'reject', code: 'backing_file' });
    expect(findingOf(new Error('other'))).toBeUndefined();
  });

  test('does not come for what the caller may let pass', async () => {
    const file = Buffer.from(made.qcow2);
    file.writeUInt32BE(2, 76);
    const { inspection, drained } = await handle(file, 0);
    expect(drained).toBeUndefined();
    expect(rejectsOf(inspection)).toEqual(['corrupt']);
    expect((await drain(readRuns(sourceOfBytes(file), inspection))).bytes).toBe(disk.length);
  });

  test('errors of the source come through as they are', async () => {
    const broken = { size: 1 << 20, read: () => Promise.reject(new Error('the disk is on fire')) };
    await expect(inspect(broken)).rejects.toThrow('the disk is on fire');
  });
});

describe('compressed data that breaks off', () => {
  test('still shows what it began as', async () => {
    const file = gzipSync(made.qcow2);
    const { format, virtualBytes, findings } = await inspect(sourceOfBytes(file.subarray(0, file.length >> 1)));
    expect({ format, virtualBytes, codes: findings.map((finding) => finding.code) }).toEqual({
      format: 'qcow2',
      virtualBytes: undefined,
      codes: ['truncated'],
    });
  });
});

describe('something of which only the beginning is known', () => {
  const large = images.guestDisk(3 << 20, 6);
  const look = (file: Buffer, bytes: number) => inspect(sourceOfPrefix(file.subarray(0, bytes)));

  test.each<[string, Buffer, object]>([
    ['raw', large, { format: 'raw', subformat: 'mbr', findings: [] }],
    ['qcow2', images.qcow2Image(large), { format: 'qcow2', subformat: 'v3', virtualBytes: large.length, findings: [] }],
    [
      'vmdk',
      images.vmdkStreamImage(large),
      { format: 'vmdk', subformat: 'streamOptimized', virtualBytes: large.length, findings: [] },
    ],
    ['vhd', images.vhdDynamicImage(large), { format: 'vhd', subformat: 'dynamic', virtualBytes: large.length, findings: [] }],
    ['vdi', images.vdiImage(large), { format: 'vdi', virtualBytes: large.length, findings: [] }],
    ['tar', images.tarImage(large), { format: 'tar', subformat: 'raw mbr', virtualBytes: large.length, findings: [] }],
    ['raw in gzip', gzipSync(large), { format: 'raw', subformat: 'mbr', compression: 'gzip', findings: [] }],
    ['raw in xz', images.xzStream(large), { format: 'raw', subformat: 'mbr', compression: 'xz', findings: [] }],
    ['raw in zstd', images.zstdFrame(large), { format: 'raw', subformat: 'mbr', compression: 'zstd', findings: [] }],
    [
      'qcow2 in gzip',
      gzipSync(images.qcow2Image(large)),
      { format: 'qcow2', compression: 'gzip', virtualBytes: large.length, findings: [] },
    ],
  ])('%s', async (_name, file, expected) => {
    for (const bytes of [400_000, 700_001]) {
      const inspection = await look(file, bytes);
      expect(inspection).toMatchObject(expected);
      expect(inspection.fileBytes).toBeUndefined();
      if (inspection.format === 'raw') expect(inspection.virtualBytes).toBeUndefined();
    }
  });

  test('may be next to nothing', async () => {
    for (const file of [Buffer.alloc(0), made.qcow2, made.gzip, made.stream])
      for (const bytes of [0, 10, 100, 1000]) expect(await look(file, bytes)).toBeDefined();
  });
});
