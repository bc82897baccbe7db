import { alignedBytes, alignedRuns } from '../../../src/transfer/align.ts';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { vhdBytes, vhdDiskBytes, vhdFooter } from '../../../src/transfer/writers/vhd.ts';
import { collect, folder, guestOf, installed, runsOf, type Piece } from './guest.ts';

const pieces: Piece[] = [
  { kind: 'data', length: 100_000, seed: 1 },
  { kind: 'zero', length: 3_000_000, seed: 0 },
  { kind: 'data', length: 77, seed: 2 },
];
const createdAt = new Date('2020-01-02T03:04:05Z');
const uniqueId = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

describe('a fixed VHD', () => {
  it('is the disk, zeros up to the alignment, and the footer', async () => {
    const guest = guestOf(pieces);
    for (const alignBytes of [512, 1 << 20]) {
      const file = await collect(vhdBytes(alignedRuns(runsOf(pieces), alignBytes), { createdAt, uniqueId }));
      const disk = alignedBytes(guest.length, alignBytes);
      expect(disk % alignBytes).toBe(0);
      expect(disk - guest.length).toBeLessThan(alignBytes);
      expect(file.length).toBe(disk + 512);
      expect(file.subarray(0, guest.length).equals(guest)).toBe(true);
      expect(file.subarray(guest.length, disk).every((byte) => byte === 0)).toBe(true);
      expect(file.subarray(disk).equals(vhdFooter(disk, { createdAt, uniqueId }))).toBe(true);
    }
  });

  it('has the fields of the specification', () => {
    const footer = Buffer.from(vhdFooter(5 * 2 ** 30, { createdAt, uniqueId }));
    expect(footer.toString('latin1', 0, 8)).toBe('conectix');
    expect(footer.readUInt32BE(8)).toBe(2);
    expect(footer.readUInt32BE(12)).toBe(0x00010000);
    expect(footer.toString('hex', 16, 24)).toBe('ff'.repeat(8));
    expect(footer.readUInt32BE(24)).toBe(631249445);
    expect(footer.readBigUInt64BE(40)).toBe(5n * 2n ** 30n);
    expect(footer.readBigUInt64BE(48)).toBe(5n * 2n ** 30n);
    expect(footer.readUInt32BE(60)).toBe(2);
    expect(footer.subarray(68, 84).equals(uniqueId)).toBe(true);
    const stored = footer.readUInt32BE(64);
    footer.fill(0, 64, 68);
    expect(stored).toBe(0xffffffff - footer.reduce((sum, byte) => sum + byte));
  });

  // Bytes, then cylinders, heads, sectors: each branch of the appendix, worked out by hand.
  it.each([
    [17 * 4 * 100 * 512, 100, 4, 17],
    [64 * 2 ** 20, 963, 8, 17],
    [2 ** 30, 2080, 16, 63],
    [200 * 2 ** 20, 825, 16, 31],
    [127 * 2 ** 30, 65278, 16, 255],
    [2040 * 2 ** 30, 65535, 16, 255],
  ])('of %i bytes has the geometry', (bytes, cylinders, heads, sectors) => {
    const footer = Buffer.from(vhdFooter(bytes));
    expect([footer.readUInt16BE(56), footer[58], footer[59]]).toEqual([cylinders, heads, sectors]);
  });

  it('differs from the next by its id', () => {
    expect(Buffer.compare(vhdFooter(512, { createdAt }), vhdFooter(512, { createdAt }))).not.toBe(0);
  });

  it('holds at most 2040 GiB', () => {
    expect(() => vhdFooter(2040 * 2 ** 30 + 512)).toThrow(expect.objectContaining({ code: 'LIMIT' }));
  });

  it.skipIf(!installed('qemu-img'))(
    'is to qemu-img what was written, to the byte (skipped where it is not installed)',
    async () => {
      const place = await folder();
      const guest = guestOf(pieces);
      await writeFile(join(place, 'disk.vhd'), await collect(vhdBytes(runsOf(pieces))));
      await writeFile(join(place, 'disk.raw'), Buffer.concat([guest, Buffer.alloc(vhdDiskBytes(guest.length) - guest.length)]));
      const told = execFileSync('qemu-img', [
        'compare',
        '-s',
        '-f',
        'vpc',
        '-F',
        'raw',
        join(place, 'disk.vhd'),
        join(place, 'disk.raw'),
      ]);
      expect(told.toString()).toContain('identical');
    },
  );
});
