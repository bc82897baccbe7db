import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compressions, formats, type Accept } from '../../../src/core/encoding.ts';
import { ImgctlError } from '../../../src/core/errors.ts';
import { prepare } from '../../../src/transfer/prepare.ts';
import { all as contentOf, meansIn, stage } from '../sources.ts';
import { findingCodes, inspect } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes } from '../../../src/transfer/formats/byte-reader.ts';
import * as images from '../../support/disk-images.ts';
import { all, at, disk, made, type Change } from './made.ts';

const replaced =
  (from: string, to: string): Change =>
  (image) =>
    at.text(image.indexOf(from), to.padEnd(from.length))(image);
/** VHD footers at both ends, with the right checksum. */
const vhdFooter =
  (change: Change): Change =>
  (image) => {
    const footer = image.subarray(image.length - 512);
    change(footer);
    images.writeVhdChecksum(footer, 64);
    if (image.toString('latin1', 0, 8) === 'conectix') footer.copy(image, 0);
  };
const vhdHeader =
  (change: Change): Change =>
  (image) => {
    const header = image.subarray(512, 1536);
    change(header);
    images.writeVhdChecksum(header, 36);
  };
const vhdxPart =
  (offset: number, length: number, change: Change): Change =>
  (image) => {
    const part = image.subarray(offset, offset + length);
    change(part);
    images.writeVhdxChecksum(part);
  };
const KiB = 1024;
const bothHeads = (change: Change): Change => all(vhdxPart(64 * KiB, 4 * KiB, change), vhdxPart(128 * KiB, 4 * KiB, change));
const bothRegions = (change: Change): Change => all(vhdxPart(192 * KiB, 64 * KiB, change), vhdxPart(256 * KiB, 64 * KiB, change));
const l1 = 2 * 65536;
const l2 = 3 * 65536;
/** Where the first second-level entry with something in it stands. */
const used = (image: Buffer, from: number, step: number): number => {
  for (let offset = from; ; offset += step) if (image.readUInt32BE(offset) !== 0) return offset;
};
const atUsed =
  (from: number, step: number, change: (offset: number) => Change): Change =>
  (image) =>
    change(used(image, from, step))(image);

/** A disk without a partition table, which begins with this. */
const bare = (text: string): Change => all(at.u8(510, 0), at.text(0, text));

/** A qcow2 with a snapshot in a cluster behind it, in which this is changed. */
const snapshot =
  (change: Change): Change =>
  (image) => {
    const offset = Math.ceil(image.length / 65536) * 65536;
    const file = Buffer.concat([image, Buffer.alloc(offset - image.length + 512)]);
    all(at.be32(60, 1), at.be64(64, BigInt(offset)), at.be64(offset, BigInt(l1)), at.be32(offset + 8, 1))(file);
    change(file.subarray(offset));
    return file;
  };

/** An image, what is done to it, and what must be found then: `warn` where it may still be read. */
const cases: readonly (readonly [code: string, image: keyof typeof made, change: Change, warn?: 'warn'])[] = [
  ['backing_file', 'qcow2', at.be64(8, 400n)],
  ['backing_file', 'stream', replaced('parentCID=ffffffff', 'parentCID=00000001')],
  ['backing_file', 'stream', replaced('ddb.adapterType = "ide"', 'parentFileNameHint="x"')],
  ['backing_file', 'vhd', vhdFooter(at.be32(60, 4))],
  ['backing_file', 'vhd', vhdHeader(at.u8(45, 9))],
  ['backing_file', 'vdi', at.le32(76, 4)],
  ['backing_file', 'vdi', at.u8(440, 1)],
  ['backing_file', 'vhdx', at.le32(1088 * KiB + 4, 2)],
  ['backing_file', 'vhdx', at.le32(2048 * KiB, (4 << 20) | 7)],
  ['bat', 'vhd', vhdHeader(at.be32(28, 0xffffffff))],
  ['bat', 'vdi', at.le32(384, 0)],
  ['bat', 'vhdx', bothRegions(at.le32(16 + 32 + 24, 0))],
  ['banned_format', 'raw', at.text(0, 'QED\0')],
  ['banned_format', 'raw', at.text(0, 'WithoutFreeSpace')],
  ['banned_format', 'raw', at.text(0, 'COWD')],
  ['banned_format', 'raw', at.le64(0, 0xcafebaben)],
  ['banned_format', 'raw', all(at.u8(510, 0), at.text(disk.length - 512, 'koly'))],
  ['block_size', 'vhd', vhdHeader(at.be32(32, 1_000_000))],
  ['block_size', 'vdi', at.le32(376, 4096)],
  ['block_size', 'vhdx', at.le32(1088 * KiB, 4096)],
  ['checksum', 'vhd', at.u8(-512 + 70, 1)],
  ['checksum', 'vhd', at.u8(512 + 600, 1)],
  ['checksum', 'gzip', (image) => at.u8(image.length - 7, (image[image.length - 7] ?? 0) ^ 1)(image)],
  ['cluster_bits', 'qcow2', at.be32(20, 22)],
  ['cluster_bits', 'qcow2', all(at.be32(20, 12), at.be32(76, 16))],
  ['compression_type', 'qcow2', at.u8(104, 1)],
  ['compression_type', 'qcow2', at.be32(76, 8)],
  ['corrupt', 'qcow2', at.be32(76, 2)],
  [
    'data_offset',
    'qcow2',
    atUsed(l2, 8, (offset) => (image) => at.be32(offset + 4, image.readUInt32BE(offset + 4) + 512)(image)),
  ],
  ['data_offset', 'stream', (image) => at.le64(128 * 512, 64n)(image)],
  ['data_offset', 'vdi', at.le32(512, 0x7ffffff0)],
  ['decompress', 'qcow2zlib', (image) => void image.fill(0xee, 4 * 65536, 4 * 65536 + 200)],
  ['decompress', 'stream', (image) => void image.fill(0xee, 128 * 512 + 40, 128 * 512 + 60)],
  ['decompress', 'gzip', at.u8(10, 7)],
  ['descriptor', 'stream', replaced('ddb.adapterType', 'something else')],
  ['descriptor', 'vmdk', at.le64(28, 0n)],
  ['dirty', 'qcow2', at.be32(76, 1), 'warn'],
  ['empty', 'raw', (image) => image.subarray(0, 0)],
  ['encrypted', 'qcow2', at.be32(32, 2)],
  ['encrypted', 'raw', all(at.text(0, 'LUKS\xba\xbe\0\x02'), at.u8(510, 0)), 'warn'],
  ['external_data_file', 'qcow2', at.be32(76, 4)],
  ['external_data_file', 'qcow2', all(at.be32(112, 0x44415441), at.be32(116, 4), at.text(120, 'file'))],
  ['external_extent', 'stream', replaced('createType="streamOptimized"', 'createType="custom"')],
  ['external_extent', 'vmdk', replaced('"disk.vmdk"', '"../a.vmdk"')],
  ['external_extent', 'vmdk', replaced('SPARSE "disk.vmdk"', 'FLAT "disk.vmdk" 0')],
  ['external_extent', 'stream', (image) => image.subarray(512, 700)],
  ['external_extent', 'raw', at.text(0, '  \n# a comment\n\nversion=1\n')],
  ['footer', 'vhd', at.u8(80, 1)],
  ['footer', 'stream', (image) => at.le64(image.length - 1024 + 12, 1n)(image)],
  ['footer_missing', 'vhd', (image) => image.subarray(0, image.length - 512), 'warn'],
  ['gd_offset', 'vmdk', at.le64(56, 0xffffffn)],
  ['geometry', 'vhd', vhdFooter(all(at.text(28, 'vpc '), at.be32(56, 0x00010101))), 'warn'],
  ['grain_size', 'vmdk', at.le64(20, 100n)],
  ['gt_offset', 'vmdk', at.le32(21 * 512, 0xffffff)],
  ['gt_size', 'vmdk', at.le32(44, 0)],
  ['header', 'vhd', vhdHeader(at.text(0, 'xxsparse'))],
  ['header', 'stream', at.le32(8, 1)],
  ['header', 'vhdx', all(at.u8(64 * KiB + 8, 99), at.u8(128 * KiB + 8, 99))],
  ['header_extension', 'qcow2', all(at.be32(112, 1), at.be32(116, 0x7fffffff))],
  ['header_length', 'qcow2', at.be32(100, 105)],
  ['header_length', 'qcow2', at.be32(100, 96)],
  ['l1_offset', 'qcow2', at.be64(40, 512n)],
  ['l1_size', 'qcow2', at.be32(36, 0x7fffffff)],
  ['l1_size', 'qcow2', at.be32(36, 0)],
  ['l2_entry', 'qcow2v2', at.be32(l2 + 4, 1)],
  ['l2_entry', 'qcow2extended', (image) => at.be32(used(image, l2, 16) + 8, 0xffffffff)(image)],
  ['l2_offset', 'qcow2', at.be64(l1, 0x10000000000n)],
  ['l2_offset', 'qcow2', at.be64(l1, BigInt(l2 + 512))],
  ['log', 'vhdx', bothHeads(at.u8(50, 1))],
  ['metadata', 'vhdx', at.text(1024 * KiB, 'xxxx')],
  ['multiple_formats', 'raw', all(at.text(32769, 'CD001'), at.text(257, 'ustar'))],
  ['multiple_formats', 'gzip', (image) => Buffer.concat([image, made.vhdFixed.subarray(-512)])],
  ['nested_image', 'qcow2', (image) => images.qcow2Image(image)],
  ['nested_image', 'stream', () => images.vmdkStreamImage(made.qcow2)],
  ['nested_wrapper', 'gzip', (image) => gzipSync(image)],
  ['overlap', 'qcow2', at.be64(l1, BigInt(l1))],
  ['overlap', 'qcow2', atUsed(l2, 8, (offset) => at.be64(offset, BigInt(l2)))],
  ['overlap', 'vhd', at.be32(1536, 0)],
  ['overlap', 'vmdk', at.le32(22 * 512, 22)],
  ['partition_flag', 'raw', at.u8(446, 7), 'warn'],
  ['refcount_order', 'qcow2', at.be32(96, 7)],
  ['refcount_table', 'qcow2', at.be32(56, 0x7fffffff)],
  ['region', 'vhdx', bothRegions(at.le64(32, 0xffffffffff00000n))],
  ['sector_size', 'vhdx', at.le32(1088 * KiB + 32, 4096), 'warn'],
  ['sector_size', 'raw', at.text(4096, 'EFI PART'), 'warn'],
  ['snapshots', 'qcow2', all(at.be32(60, 3), at.be64(64, 0xffffff0000n))],
  ['snapshots', 'qcow2', snapshot(at.be64(0, 1n << 40n))],
  ['snapshots', 'qcow2', snapshot(at.be64(0, BigInt(l1 + 512)))],
  ['snapshots', 'qcow2', snapshot(at.be32(8, 0x7fffffff))],
  ['snapshots', 'qcow2', snapshot(at.be32(12, 0xffffffff))],
  ['snapshots', 'qcow2', snapshot(at.be32(36, 1025))],
  ['tar_header', 'tar', at.u8(0, 33)],
  ['tar_link', 'tar', () => images.tarImage(Buffer.alloc(0), 'disk.raw', '2')],
  [
    'tar_members',
    'tar',
    () => Buffer.concat([images.tarImage(disk).subarray(0, 512 + disk.length), images.tarImage(disk, 'other.raw')]),
  ],
  ['tar_name', 'tar', () => images.tarImage(disk, '../disk.raw')],
  ['tar_name', 'tar', () => images.tarImage(disk, '/disk.raw')],
  ['trailing_junk', 'gzip', (image) => Buffer.concat([image, Buffer.from('more')])],
  ['truncated', 'qcow2', (image) => image.subarray(0, 72)],
  ['truncated', 'qcow2', (image) => image.subarray(0, image.length - 70_000)],
  ['truncated', 'stream', (image) => image.subarray(0, image.length - 600)],
  ['truncated', 'vhdFixed', (image) => image.subarray(512)],
  ['truncated', 'gzip', (image) => image.subarray(0, image.length >> 1)],
  ['truncated', 'tar', (image) => image.subarray(0, 100_000)],
  ['initramfs', 'raw', bare('070701'), 'warn'],
  ['name', 'raw', () => undefined],
  ['no_volume', 'raw', bare('\x01noise'), 'warn'],
  ['odd_length', 'raw', (image) => image.subarray(0, -1), 'warn'],
  ['program', 'raw', bare('\x7fELF'), 'warn'],
  ['text', 'raw', () => Buffer.from('hello\n')],
  ['truncated', 'raw', all(at.text(512, 'EFI PART'), at.le64(512 + 32, 0xfffffn)), 'warn'],
  ['truncated', 'raw', all(at.u8(450, 0x83), at.le32(446 + 8, 2), at.le32(446 + 12, 0x10000)), 'warn'],
  ['unknown_feature', 'qcow2', at.be32(76, 32)],
  ['unknown_feature', 'qcow2', at.be32(72, 0x80000000)],
  ['unknown_feature', 'vhdx', bothRegions(all(at.be32(16, 1), at.le32(16 + 28, 1)))],
  ['version', 'qcow2', at.be32(4, 1)],
  ['version', 'vmdk', at.le32(4, 0)],
  ['version', 'vdi', at.le32(68, 1)],
  ['virtual_size', 'qcow2', at.be64(24, 0x7ffffffffffffe00n)],
  ['virtual_size', 'vhd', vhdFooter(at.be64(48, 1n << 60n))],
  ['virtual_size', 'vhdFixed', (image) => Buffer.concat([Buffer.alloc(512), image])],
  ['virtual_size', 'vmdk', replaced('RW 600 ', 'RW 601 ')],
  ['virtual_size', 'vdi', at.le64(368, 1n << 62n)],
  ['virtual_size', 'vhdx', at.le64(1088 * KiB + 16, 1n << 60n)],
];

describe('what is wrong is found', () => {
  test.each(cases.map(([code, image, change, level = 'reject']) => ({ code, image, change, level })))(
    '$code: $image (%#)',
    async ({ code, image, change, level }) => {
      const file = Buffer.from(made[image]);
      const changed = change(file) ?? file;
      const { findings } = await inspect(sourceOfBytes(changed), code === 'name' ? 'disk.vmdk' : undefined);
      expect(findings).toContainEqual(expect.objectContaining({ level, code, message: expect.any(String) }));
    },
  );

  test('a snapshot that is whole is none of it', async () => {
    const file = Buffer.from(made.qcow2);
    const whole = snapshot(() => undefined)(file);
    expect((await inspect(sourceOfBytes(whole ?? file))).findings).toEqual([]);
  });

  test.each<[string, Change]>([
    ['no room for a description', all(at.le64(28, 0n), at.le64(36, 0n))],
    ['an empty one', (image) => void image.fill(0, 512, 512 + image.readUInt32LE(36) * 512)],
  ])('a VMDK with %s is a part of a set, of which nothing is to be made alone', async (_what, change) => {
    const file = Buffer.from(made.vmdk);
    const part = change(file) ?? file;
    expect((await inspect(sourceOfBytes(part))).findings).toEqual([
      {
        level: 'reject',
        code: 'descriptor',
        message: 'a part of a VMDK that is split into several files',
        cure: expect.stringContaining('DESCRIPTOR.vmdk'),
      },
    ]);
  });

  test('every code there is has a case', () => {
    expect([...new Set(cases.map(([code]) => code))].sort()).toEqual(Object.keys(findingCodes).sort());
  });
});

describe('the override that a refusal names', () => {
  const place = stage();
  const asItIs = formats.flatMap((format): Accept[] => [
    { format },
    ...compressions.map((compression) => ({ format, compression })),
  ]);
  const sent = async (file: Buffer, accepts: readonly Accept[], allowUnsafe: readonly string[]) => {
    const prepared = await prepare(await place.file('image', file), accepts, { allowUnsafe }, meansIn(place.folder()));
    try {
      await contentOf(await prepared.content());
      await prepared.contentId();
    } finally {
      await prepared.close();
    }
  };
  test.each(
    cases.flatMap(([code, image, change, level]) =>
      level === 'warn'
        ? []
        : [['as it is', asItIs] as const, ['as raw', [{ format: 'raw' }]] as const].map(([how, accepts]) => ({
            code,
            image,
            change,
            how,
            accepts,
          })),
    ),
  )('$code: $image, $how, works, and where it would not none is named (%#)', async ({ code, image, change, accepts }) => {
    const file = Buffer.from(made[image]);
    const changed = Buffer.from(change(file) ?? file);
    const refused = await sent(changed, accepts, []).catch((error: unknown) => error);
    // What a helper reads is taken.
    if (!(refused instanceof ImgctlError)) return;
    const named = /--allow-unsafe (\S+)/.exec(refused.circumstances.hint ?? '')?.[1];
    // What is only the beginning of a file for the helper cannot be read by it.
    const byHelper = (error: ImgctlError): void => expect(error.message).toMatch(/^qemu-img /);
    if (named !== undefined) await sent(changed, accepts, named.split(',')).catch(byHelper);
    else await expect(sent(changed, accepts, [code])).rejects.toThrow(ImgctlError);
  });
});
