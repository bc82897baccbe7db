import { describe, expect, test } from 'vitest';
import { inspect } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes } from '../../../src/transfer/formats/byte-reader.ts';
import { prepare } from '../../../src/transfer/prepare.ts';
import * as images from '../../support/disk-images.ts';
import { all as contentOf, meansIn, stage, stream } from '../sources.ts';
import { rejectsOf } from './draining.ts';
import { disk, made } from './made.ts';

const place = stage();
const containers: Readonly<Record<string, (disk: Buffer) => Buffer>> = {
  qcow2: images.qcow2Image,
  'qcow2, compressed': (inner) => images.qcow2Image(inner, { compression: 'zlib' }),
  vmdk: images.vmdkSparseImage,
  'vmdk, streamOptimized': images.vmdkStreamImage,
  vhd: images.vhdDynamicImage,
  vhdx: images.vhdxImage,
  vdi: images.vdiImage,
  ova: (inner) => images.tarImage(images.vmdkStreamImage(inner), 'disk.vmdk'),
};
const wholeSectors = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
const inner: Readonly<Record<string, Buffer>> = {
  qcow2: made.qcow2,
  vmdk: made.vmdk,
  'a description of a VMDK': Buffer.from('# Disk DescriptorFile\nversion=1\nRW 1 FLAT "/etc/passwd" 0\n'),
  vhd: made.vhd,
  vhdx: made.vhdx,
  vdi: made.vdi,
  qed: Buffer.from('QED\0'.padEnd(512, '\0')),
};

describe.each(Object.entries(containers))('a disk in %s', (_name, write) => {
  test.each(Object.entries(inner))('that begins as %s is refused', async (_what, bytes) => {
    expect(rejectsOf(await inspect(sourceOfBytes(write(wholeSectors(bytes)))))).toEqual(['nested_image']);
  });

  test.each([
    ['a disk', disk],
    ['nothing', Buffer.alloc(1 << 20)],
    ['an image behind its beginning', Buffer.concat([Buffer.alloc(1 << 20), made.qcow2])],
    ['an archive', wholeSectors(made.tar)],
  ])('that holds %s is taken', async (_what, bytes) => {
    expect(rejectsOf(await inspect(sourceOfBytes(write(bytes))))).toEqual([]);
  });
});

test('what comes as a stream and is decoded on the way is refused before its first byte', async () => {
  const write = async (bytes: Buffer) => {
    const wishes = { allowUnsafe: [] };
    const prepared = await prepare(stream(images.vmdkStreamImage(bytes)), [{ format: 'raw' }], wishes, meansIn(place.folder()));
    return contentOf(await prepared.content()).finally(() => prepared.close());
  };
  await expect(write(wholeSectors(made.qcow2))).rejects.toMatchObject({ code: 'INTEGRITY', message: /nested_image/ });
  expect((await write(disk)).equals(disk)).toBe(true);
});
