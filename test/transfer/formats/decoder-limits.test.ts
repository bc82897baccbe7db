import { describe, expect, test } from 'vitest';
import { inspect, decompress } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes } from '../../../src/transfer/formats/byte-reader.ts';
import * as images from '../../support/disk-images.ts';
import { gather, streamOf } from './draining.ts';
import { disk, made } from './made.ts';

const skippable = (number: number, content: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50 + number, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
};
const unzstd = (bytes: Buffer, piece: number) => gather(decompress('zstd', streamOf(bytes, piece), Infinity));

describe('Zstandard frames that are skipped', () => {
  test.each(Array.from({ length: 16 }, (_, number) => number))('number %i, in front of anything', async (number) => {
    const skip = skippable(number, Buffer.from('hello world'));
    for (const [content, format] of [
      [disk, 'raw'],
      [made.qcow2, 'qcow2'],
      [made.tar, 'tar'],
    ] as const) {
      const file = Buffer.concat([skip, skippable(15 - number, Buffer.alloc(0)), images.zstdFrame(content), skip]);
      expect(await inspect(sourceOfBytes(file), `disk.${format}.zst`)).toMatchObject({
        compression: 'zstd',
        format,
        findings: [],
      });
      for (const piece of [7001, 64 << 10]) expect((await unzstd(file, piece)).equals(content)).toBe(true);
    }
  });

  test('longer than what is looked at', async () => {
    const file = Buffer.concat([skippable(3, Buffer.alloc(200_000, 1)), images.zstdFrame(disk)]);
    expect(await inspect(sourceOfBytes(file))).toMatchObject({
      compression: 'zstd',
      format: 'raw',
      subformat: 'mbr',
      findings: [],
    });
  });

  test('longer than the file: it was cut off', async () => {
    const file = skippable(3, Buffer.alloc(1000)).subarray(0, 900);
    expect((await inspect(sourceOfBytes(file))).findings).toEqual([
      expect.objectContaining({ level: 'reject', code: 'truncated' }),
    ]);
  });
});

describe('a limit of a decoder is no damage, and is named', () => {
  /** A frame that declares a window instead of its length. */
  const windowed = (descriptor: number): Buffer =>
    Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, descriptor]), images.zstdFrame(disk).subarray(9)]);

  test('the window of Zstandard, in whichever frame', async () => {
    expect((await unzstd(windowed(17 << 3), 4096)).equals(disk)).toBe(true);
    for (const file of [
      windowed(21 << 3),
      Buffer.concat([images.zstdFrame(disk), skippable(0, Buffer.alloc(9)), windowed(21 << 3)]),
    ])
      for (const piece of [5, 4096, file.length])
        await expect(unzstd(file, piece)).rejects.toMatchObject({
          code: 'UNSUPPORTED',
          message: expect.stringMatching(/window of 2\.0 GiB; up to 128\.0 MiB/),
          circumstances: { hint: expect.stringMatching(/^Decompress it first: zstd /) },
        });
    await expect(inspect(sourceOfBytes(windowed(21 << 3)))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  test('the check of xz, which is no filter', async () => {
    // The header of `xz --check=sha256`.
    const file = Buffer.concat([Buffer.from('fd377a585a00000ae1fb0ca1', 'hex'), images.xzStream(disk).subarray(12)]);
    await expect(gather(decompress('xz', streamOf(file), Infinity))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('its kind of check (SHA-256)'),
    });
  });
});

test('a zip with a boot sector is a zip, and nothing else', async () => {
  const file = Buffer.from(disk);
  file.write('PK\x03\x04', 0, 'latin1');
  expect((await inspect(sourceOfBytes(file))).findings).toEqual([
    expect.objectContaining({ code: 'banned_format', message: 'it is a zip archive, which is not supported' }),
  ]);
});
