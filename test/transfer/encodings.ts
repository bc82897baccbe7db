import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressions, formats, type Accept } from '../../src/core/encoding.ts';
import { detect } from '../../src/transfer/detect.ts';
import { streamRuns } from '../../src/transfer/formats/index.ts';
import { isSound } from '../../src/transfer/virtual-disk.ts';
import { prepare } from '../../src/transfer/prepare.ts';
import type { Source } from '../../src/transfer/source.ts';
import { fullScan } from '../../src/transfer/full-scan.ts';
import { contentIdOf } from '../../src/transfer/writers/content-id.ts';
import {
  guestDisk,
  qcow2Image,
  tarImage,
  vdiImage,
  vhdDynamicImage,
  vhdFixedImage,
  vhdxImage,
  vmdkSparseImage,
  vmdkStreamImage,
  xzStream,
  zstdFrame,
} from '../support/disk-images.ts';
import { all, chunked, failure, meansIn, noWishes, remote, stage, stream } from './sources.ts';

const place = stage();
/** Longer than what is looked at of the beginning of anything. */
const disk = guestDisk(3 << 20, 3);
const rightId = await contentIdOf(streamRuns(chunked(disk), {}));
export const containers: Readonly<Record<string, Buffer>> = {
  qcow2: qcow2Image(disk),
  'qcow2, compressed': qcow2Image(disk, { compression: 'zlib' }),
  vmdk: vmdkSparseImage(disk),
  'vmdk, streamOptimized': vmdkStreamImage(disk),
  vhd: vhdDynamicImage(disk),
  vhdx: vhdxImage(disk),
  vdi: vdiImage(disk),
  tar: tarImage(disk),
  ova: tarImage(vmdkStreamImage(disk), 'disk.vmdk'),
};
const gzip = (bytes: Buffer): Buffer => gzipSync(bytes, { level: 1 });
const packer = 'bzip2';
const hasBzip2 = spawnSync(packer, ['--help']).status === 0;
const bzip2 = (bytes: Buffer): Buffer => spawnSync(packer, ['-9c'], { input: bytes, maxBuffer: 1 << 30 }).stdout;
/** A gzip whose header, a name, is longer than what is looked at of a stream first. */
const longHeader = (bytes: Buffer): Buffer => {
  const plain = gzip(bytes);
  const flags = Buffer.from(plain.subarray(0, 10));
  flags[3] = 8;
  return Buffer.concat([flags, Buffer.alloc(1_500_000, 'a'), Buffer.of(0), plain.subarray(10)]);
};
export const wrappers: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  bare: (bytes) => bytes,
  'in gzip': gzip,
  'in xz': (bytes) => Buffer.from(xzStream(bytes)),
  // A skippable frame behind it.
  'in zstd': (bytes) => Buffer.concat([zstdFrame(bytes), Buffer.from('502a4d180400000000000000', 'hex')]),
  'in gzip with a long header': longHeader,
  ...(hasBzip2 ? { 'in bzip2': bzip2 } : {}),
};
/** The ways in which the same bytes may come. */
export const ways: Readonly<Record<string, (bytes: Buffer) => Source | Promise<Source>>> = {
  'as a file': (bytes) => place.file('image', bytes),
  'through a pipe': stream,
  'from a server without ranges': (bytes) => remote(bytes).source,
  'from a server that says no length': (bytes) => {
    const { bytes: _length, ...source } = remote(bytes).source;
    return { ...source, open: (from = 0, to = bytes.length - 1) => chunked(bytes.subarray(from, to + 1)) };
  },
};
const anything = formats.flatMap((format): Accept[] => [
  { format },
  ...compressions.map((compression) => ({ format, compression })),
]);
const targets: Readonly<Record<string, readonly Accept[]>> = {
  'as it is': anything,
  'without its wrapper': formats.map((format) => ({ format })),
  'as raw': [{ format: 'raw' }],
};

async function sent(source: Source, accepts: readonly Accept[]) {
  const prepared = await prepare(source, accepts, noWishes, meansIn(place.folder()));
  try {
    const content = await prepared.content();
    const bytes = await all(content);
    return { bytes, encoding: content.encoding, contentId: await prepared.contentId() };
  } finally {
    await prepared.close();
    expect(place.left()).toEqual([]);
  }
}
const looked = async (source: Source) => {
  const read = await fullScan(await detect(source), ['sha256'], place.folder(), new AbortController().signal);
  await source.close();
  expect(place.left()).toEqual([]);
  return read;
};

/** What a fixed VHD is made around. */
export const disks: Readonly<Record<string, Buffer>> = {
  partitions: disk,
  'no partitions': Buffer.concat([Buffer.alloc(4096), disk.subarray(4096)]),
  'sectors that are no whole 4 KiB': disk.subarray(0, disk.length - 1536),
};
/** One dress: the way in which the bytes come, what they are wrapped in, and what of each kind is in it. */
export interface Dress {
  readonly way: string;
  readonly wrapper: string;
  readonly containers: readonly string[];
  readonly disks: readonly string[];
}

/** Whole images and broken ones, in every dress. */
export const walkDresses = (dresses: readonly Dress[]): void =>
  describe.each(dresses)('$way, $wrapper', ({ way, wrapper, ...inside }) => {
    const come = ways[way] ?? stream;
    const wrap = wrappers[wrapper] ?? ((bytes: Buffer) => bytes);
    const some = inside.containers.map((name) => [name, containers[name] ?? Buffer.alloc(0)] as const);
    it.each(some)('a %s that was cut off is refused, a whole one is taken', async (_name, image) => {
      const cut = wrap(image.subarray(0, Math.floor(image.length * 0.8)));
      const whole = wrap(image);
      expect(isSound((await looked(await come(cut))).inspection)).toBe(false);
      const read = await looked(await come(whole));
      expect([isSound(read.inspection), read.contentId]).toEqual([true, rightId]);
      for (const accepts of wrapper === 'bare' ? [anything] : Object.values(targets))
        await failure(come2(cut, accepts), 'INTEGRITY');
      expect((await sent(await come(whole), targets['as raw'] ?? [])).bytes.equals(disk)).toBe(true);
      expect((await sent(await come(whole), anything)).bytes.equals(whole)).toBe(true);
    });

    const come2 = async (bytes: Buffer, accepts: readonly Accept[]) => sent(await come(bytes), accepts);

    it.each(inside.disks.map((name) => [name, disks[name] ?? Buffer.alloc(0)] as const))(
      'a fixed VHD of a disk with %s is one, and gives that disk',
      async (_what, inside) => {
        const image = wrap(vhdFixedImage(inside));
        const id = await contentIdOf(streamRuns(chunked(inside), {}));
        const read = await looked(await come(image));
        expect([read.inspection.format, read.inspection.virtualBytes, read.contentId]).toEqual(['vhd', inside.length, id]);
        const asRaw = await sent(await come(image), [{ format: 'raw' }]);
        expect([asRaw.bytes.equals(inside), asRaw.contentId ?? id]).toEqual([true, id]);
        const kept = await sent(await come(image), targets['without its wrapper'] ?? []).catch((error: unknown) => error);
        if (kept instanceof Error) expect(kept.message).toContain('ends as vhd');
        else if (kept && typeof kept === 'object' && 'encoding' in kept) {
          const { encoding, bytes } = kept as Awaited<ReturnType<typeof sent>>;
          expect(bytes.equals(encoding.format === 'vhd' ? vhdFixedImage(inside) : inside)).toBe(true);
        }
      },
    );

    it('a raw disk is not taken for anything else, and a broken wrapper is refused', async () => {
      const image = wrap(disk);
      const read = await looked(await come(image));
      expect([read.inspection.format, read.contentId, isSound(read.inspection)]).toEqual(['raw', rightId, true]);
      for (const accepts of [anything, [{ format: 'raw' } as const]]) {
        const { bytes } = await sent(await come(image), accepts);
        expect(bytes.equals(accepts === anything ? image : disk)).toBe(true);
        if (wrapper !== 'bare') await failure(come2(image.subarray(0, image.length - 20), accepts), 'INTEGRITY');
      }
    });
  });
