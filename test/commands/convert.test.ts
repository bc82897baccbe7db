import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  guestDisk,
  qcow2Image,
  tarImage,
  vdiImage,
  vhdDynamicImage,
  vhdFixedImage,
  vhdxImage,
  vmdkStreamImage,
  xzStream,
  zstdFrame,
} from '../support/disk-images.ts';
import { commandStage } from './stage.ts';

const stage = commandStage();
const disk = guestDisk((1 << 20) + 1536, 4);
const iso = (): Buffer => {
  const image = Buffer.alloc(1 << 20);
  image.write('CD001', 32769);
  return image;
};
const images: Readonly<Record<string, () => Uint8Array>> = {
  raw: () => disk,
  qcow2: () => qcow2Image(disk),
  vmdk: () => vmdkStreamImage(disk),
  vdi: () => vdiImage(disk),
  vhdx: () => vhdxImage(disk),
  iso,
  tar: () => tarImage(disk),
  'tar.gz': () => gzipSync(tarImage(disk)),
  tgz: () => gzipSync(tarImage(disk)),
  'qcow2.gz': () => gzipSync(qcow2Image(disk)),
  'raw.xz': () => xzStream(disk),
  'raw.zst': () => zstdFrame(disk),
};
/** What is made of a qcow2 under each name. */
const written: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  raw: (bytes) => bytes,
  img: (bytes) => bytes,
  'raw.gz': (bytes) => gunzipSync(bytes),
  'img.gz': (bytes) => gunzipSync(bytes),
};
const converted = async (image: Uint8Array, name: string, ...more: readonly string[]) => {
  const result = await stage.run(['convert', stage.write('source', image), stage.file(name), ...more]);
  return { ...result, file: existsSync(stage.file(name)) ? readFileSync(stage.file(name)) : undefined };
};

describe('convert', () => {
  it.each(Object.keys(images))('copies what is %s already, whatever can be written', async (ending) => {
    const image = images[ending]?.() ?? disk;
    const { exitCode, file, stderr } = await converted(image, `copy.${ending}`);
    expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
    expect(file?.equals(image)).toBe(true);
  });

  it.each([
    'vmdk',
    'vdi',
    'vhdx',
    'iso',
    'qed',
    'hds',
    'ova',
    'tar',
    'tar.gz',
    'tgz',
    'tar.xz',
    'raw.xz',
    'raw.zst',
    'img.bz2',
    'qcow2.gz',
    'zip',
    '7z',
    'raw.lz4',
    'dmg',
    'raw.lzma',
    'box',
  ])('a file named .%s is not made of something else: 7, and no file', async (ending) => {
    for (const more of [[], ['--dry-run'], ['--disk-format', 'raw']]) {
      if (more.includes('raw') && /^(qcow2|raw|img)\./.test(ending) && ending !== 'raw.xz') continue;
      const { exitCode, file } = await converted(qcow2Image(disk), `x.${ending}`, ...more);
      expect([exitCode, file], more.join(' ')).toEqual([7, undefined]);
    }
  });

  it.each(Object.keys(written))('a file named .%s is one', async (ending) => {
    const { file } = await converted(qcow2Image(disk), `x.${ending}`);
    expect(written[ending]?.(file ?? Buffer.alloc(0)).equals(disk)).toBe(true);
  });

  it.each<[string, Uint8Array]>([
    ['a dynamic VHD', vhdDynamicImage(disk)],
    ['a dynamic VHD in gzip', gzipSync(vhdDynamicImage(disk))],
    ['a qcow2', qcow2Image(disk)],
    ['a fixed VHD of an odd size', vhdFixedImage(disk)],
    ['a disk of one sector', qcow2Image(guestDisk(512, 1))],
  ])('%s becomes a fixed VHD of whole MiB, and it is said', async (_what, image) => {
    for (const more of [[], ['--disk-format', 'vhd', '--force']]) {
      const { file, stderr, exitCode } = await converted(image, 'x.vhd', ...more);
      expect([exitCode, stderr]).toEqual([0, expect.stringContaining('filled up with zeros to a multiple of')]);
      if (!file) throw new Error('no file');
      const footer = file.subarray(-512);
      expect([footer.readUInt32BE(60), (file.length - 512) % (1 << 20)]).toEqual([2, 0]);
    }
  });

  it('a fixed VHD of whole MiB is copied as it is', async () => {
    const image = vhdFixedImage(guestDisk(2 << 20, 2));
    expect((await converted(image, 'x.vhd')).file?.equals(image)).toBe(true);
  });

  it('says each warning once, on stderr, as upload and inspect do', async () => {
    const cut = guestDisk(1 << 20, 5);
    cut.write('EFI PART', 512, 'latin1');
    cut.writeBigUInt64LE(1_000_000n, 512 + 32);
    for (const image of [cut, gzipSync(cut)]) {
      const file = stage.write('cut', image);
      const lines = [
        ['convert', file, stage.file('x.raw'), '--force'],
        ['upload', file, '--name', `x${image.length}`],
        ['upload', '-', '--name', `y${image.length}`],
        ['inspect', file],
        ['inspect', '-', '-o', 'json'],
      ];
      for (const line of lines) {
        const { stderr } = await stage.ok(line, { stdin: image });
        expect(stderr.split('[truncated]').length - 1, line.join(' ')).toBe(1);
      }
    }
  });
});
