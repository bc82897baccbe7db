import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inspect } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes, sourceOfPrefix } from '../../../src/transfer/formats/byte-reader.ts';
import { foreignFileTypes } from '../../../src/transfer/formats/magic-numbers.ts';
import { diskBytes } from '../../support/content.ts';
import * as images from '../../support/disk-images.ts';
import { rejectsOf } from './draining.ts';
import { disk, made } from './made.ts';

const look = async (file: Uint8Array, name?: string) => inspect(sourceOfBytes(file), name);
const codesOf = async (file: Uint8Array, name?: string) => (await look(file, name)).findings.map(({ code }) => code);
const noise = diskBytes('raw', 65536, 5);
/** Noise that begins, or has at another place, with this. */
const withText = (at: number, text: string, bytes = noise): Buffer => {
  const file = Buffer.from(bytes);
  file.write(text, at < 0 ? file.length + at : at, 'latin1');
  return file;
};
const text = (...lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`);

const page = '<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>nothing</body></html>';
const texts: readonly (readonly [what: string, file: Buffer, said: RegExp])[] = [
  ['a page', text(page), /an HTML page \("404 Not Found"\)/],
  ['a page of whole sectors', Buffer.from(page.padEnd(2560, '\n')), /an HTML page/],
  ['a page filled up with zeros', Buffer.concat([text(page), Buffer.alloc(2048 - page.length - 1)]), /an HTML page/],
  ['a long page', Buffer.from(page + '<p>'.repeat(60_000)), /an HTML page/],
  ['a page with a byte order mark', Buffer.concat([Buffer.from('\ufeff'), text(page)]), /an HTML page/],
  ['a page in another charset', Buffer.from(page.replace('nothing', 'nüchts, außer Übel'), 'latin1'), /an HTML page/],
  ['a page in UTF-16', Buffer.from(`\ufeff${page}`, 'utf16le'), /an HTML page/],
  [
    'the error of a storage',
    text('<?xml version="1.0"?>', '<Error><Code>NoSuchKey</Code></Error>'),
    /storage service \("NoSuchKey"\)/,
  ],
  ['an answer in JSON', text('{"message": "Bad credentials"}'), /JSON \("Bad credentials"\)/],
  ['a Git LFS pointer', text('version https://git-lfs.github.com/spec/v1', 'oid sha256:4d7a', 'size 12345'), /a Git LFS pointer/],
  ['a git-annex pointer', text('/annex/objects/SHA256E-s1--ab.qcow2'), /a git-annex pointer/],
  ['sums', text(`${'0'.repeat(64)}  disk.raw`), /a list of checksums/],
  ['sums as BSD writes them', text(`SHA256 (disk.raw) = ${'0'.repeat(64)}`), /a list of checksums/],
  ['a signature', text('-----BEGIN PGP SIGNATURE-----', 'abc'), /a PGP signature/],
  ['a script', text('#!/bin/sh', 'exit 1'), /a script/],
  ['six bytes', Buffer.from('hello\n'), /a text file \("hello"\)/],
  ['an error message', text('Access denied: token expired'), /a text file/],
  ['a description', text('<?xml version="1.0"?>', '<Envelope/>'), /an XML document/],
  ['text in Japanese', text('見つかりません'), /a text file/],
];

describe('text is no disk', () => {
  test.each(texts)('%s', async (_what, file, said) => {
    for (const [dress, given] of [
      ['as it is', sourceOfBytes(file)],
      ['in gzip', sourceOfBytes(gzipSync(file))],
      ['in zstd', sourceOfBytes(images.zstdFrame(file))],
      ['in an archive', sourceOfBytes(images.tarImage(file))],
      ['the beginning of a stream', sourceOfPrefix(file)],
    ] as const) {
      const { findings } = await inspect(given, 'disk');
      const found = findings.find(({ code }) => code === 'text');
      expect(found, dress).toMatchObject({ level: 'reject', cure: expect.stringMatching(/^[A-Z]/) });
      expect(found?.message, dress).toMatch(said);
    }
  });

  test('whatever its name, with one finding', async () => {
    for (const name of ['disk.qcow2', 'disk.raw', 'disk.img', 'disk'])
      expect(rejectsOf(await look(text(page), name))).toEqual(['text']);
  });
});

/** The texts of each kind, as they stand in the table of kinds: a file has them at these places. */
const unread: readonly (readonly [title: string, file: Buffer])[] = [
  ['a QED image', withText(0, 'QED\0')],
  ['an Apple disk image', withText(-512, 'koly')],
  ['an Android sparse image', withText(0, '\x3a\xff\x26\xed\x01\0\0\0')],
  ['a Proxmox backup', withText(0, 'VMA\0\0\0\0\x01')],
  ['a Partclone image', withText(0, 'partclone-image')],
  ['a dump of a file system', withText(24, '\x6c\xea\0\0')],
  ['an LZ4 file', withText(0, '\x04\x22\x4d\x18')],
  ['an lzip file', withText(0, 'LZIP\x01')],
  ['an lzop file', withText(0, '\x89LZO\0\r\n\x1a\n')],
  ['a compressed file (.Z)', withText(0, '\x1f\x9d\x90')],
  ['an LZMA file', withText(0, '\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0')],
  ['zlib data', deflateSync(disk)],
  ['zlib data', deflateSync(noise)],
  ['a zip archive', withText(0, 'PK\x03\x04')],
  ['a 7-Zip archive', withText(0, '7z\xbc\xaf\x27\x1c')],
  ['a RAR archive', withText(0, 'Rar!\x1a\x07\x01\0')],
  ['a cabinet archive', withText(0, 'MSCF\0\0\0\0')],
  ['an ar archive', withText(0, '!<arch>\ndebian-binary')],
  ['a Windows image (WIM)', withText(0, 'MSWIM\0\0\0')],
  ['an ACE archive', withText(7, '**ACE**')],
  ['an RPM package', withText(0, '\xed\xab\xee\xdb')],
  ['an installer', withText(0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')],
  ['a PDF document', withText(0, '%PDF-1.7')],
];

describe('archives, compressions and backups that are not read are no disks', () => {
  test.each(unread)('%s', async (title, file) => {
    const sectors = Buffer.concat([file, Buffer.alloc((512 - (file.length % 512)) % 512)]);
    for (const [dress, given] of [
      ['as it is', file],
      ['of whole sectors', title === 'an Apple disk image' ? file : sectors],
      ['in gzip', gzipSync(file)],
      ['in an archive', images.tarImage(file, 'disk.raw')],
    ] as const) {
      const found = (await look(given, 'disk')).findings.find(({ code }) => code === 'banned_format');
      expect(found, dress).toMatchObject({ level: 'reject', cure: expect.stringMatching(/^[A-Z].*/) });
      expect(found?.message, dress).toContain(title);
    }
  });

  test('what to do is an instruction for every kind, and its name has an article', () => {
    for (const { title, unpack } of foreignFileTypes) {
      expect(title).toMatch(/^(an? |zlib data|Git data)/);
      expect(unpack).toMatch(/^(Unpack|Decompress|Convert|Decrypt|Restore|Use|Apply|It is an installer: use|Check)/);
    }
  });

  test.each([
    ['MZ', 0],
    ['BZh9', 0],
    ['\x1f\x9d\x90', 0],
    ['\x60\xea', 0],
    ['x\x9c', 0],
    ['-lh5-', 2],
    ['this is the first sector of a disk', 0],
    ['<html>', 0],
  ])('a disk with a partition table may begin with %j', async (begin, at) => {
    const file = withText(at, begin, disk);
    expect(await codesOf(file)).toEqual([]);
    expect(await codesOf(gzipSync(file))).toEqual([]);
  });
});

describe('what may be a disk is warned of', () => {
  const codes = async (file: Buffer) => (await look(file)).findings.map(({ level, code }) => `${level} ${code}`);

  test.each<[string, Buffer, readonly string[]]>([
    ['an ELF program', withText(0, '\x7fELF\x02\x01\x01'), ['warn program']],
    ['a Linux kernel', withText(514, 'HdrS'), ['warn program']],
    ['an initramfs', withText(0, '070701'), ['warn initramfs']],
    ['an odd length', disk.subarray(0, -1), ['warn odd_length']],
    ['an ISO of an odd length', withText(32769, 'CD001').subarray(0, -1), ['warn odd_length']],
    ['noise', noise, ['warn no_volume']],
    ['noise of an odd length', noise.subarray(1), ['warn odd_length', 'warn no_volume']],
    ['nothing but zeros', Buffer.alloc(1 << 20), []],
    ['an ext4 file system', withText(1080, '\x53\xef'), []],
    ['an XFS file system', withText(0, 'XFSB'), []],
    ['an LVM volume', withText(536, 'LVM2 001'), []],
    ['swap', withText(4086, 'SWAPSPACE2'), []],
    ['a boot sector', withText(510, '\x55\xaa'), []],
  ])('%s', async (_what, file, expected) => {
    expect((await codes(file)).filter((each) => !each.includes('partition_flag'))).toEqual(expected);
  });
});

const promising: readonly (readonly [name: string, right: Buffer])[] = [
  ['a.raw', disk],
  ['a.qcow2', made.qcow2],
  ['a.vmdk', made.vmdk],
  ['a.vhd', made.vhd],
  ['a.vhdx', made.vhdx],
  ['a.vdi', made.vdi],
  ['a.iso', withText(32769, 'CD001', disk)],
  ['a.tar', made.tar],
  ['a.vpc', made.vhdFixed],
];

describe('a name that promises something', () => {
  test.each(promising)(
    '%s is held to it, also with the ending of a wrapper behind it, and in capital letters',
    async (name, right) => {
      for (const [other, content] of promising) {
        const isRight =
          content === right || (name === 'a.raw' && other === 'a.iso') || (/vhd$|vpc$/.test(name) && /vhd$|vpc$/.test(other));
        const expected = isRight ? [] : ['name'];
        expect(rejectsOf(await look(content, name)), `${other} as ${name}`).toEqual(expected);
        expect(rejectsOf(await look(content, `/some/debian-12.7/${name.toUpperCase()}`)), `${other} as ${name}`).toEqual(
          expected,
        );
        expect(rejectsOf(await look(gzipSync(content), `${name}.gz`)), `${other} as ${name}.gz`).toEqual(expected);
        expect(rejectsOf(await look(images.zstdFrame(content), `${name}.zst`)), `${other} as ${name}.zst`).toEqual(expected);
      }
    },
  );

  test('a wrapper that is not there, or is another one', async () => {
    for (const ending of ['gz', 'xz', 'zst', 'bz2']) {
      expect(rejectsOf(await look(disk, `disk.raw.${ending}`))).toEqual(['name']);
      expect(rejectsOf(await look(disk, `disk.${ending}`))).toEqual(['name']);
    }
    expect(rejectsOf(await look(gzipSync(disk), 'disk.raw.xz'))).toEqual(['name']);
    expect(rejectsOf(await look(disk, 'disk.tgz'))).toEqual(['name']);
    expect(rejectsOf(await look(gzipSync(disk), 'disk.tgz'))).toEqual(['name']);
    expect(rejectsOf(await look(gzipSync(made.tar), 'disk.tgz'))).toEqual([]);
    expect(rejectsOf(await look(disk, 'disk.7z'))).toEqual(['name']);
  });

  test('is said with its ending and the content', async () => {
    const { findings } = await look(gzipSync(disk), 'disk.qcow2.gz');
    expect(findings.map(({ message }) => message)).toEqual([
      'its content is raw in gzip, which contradicts the ending .qcow2.gz of its name',
    ]);
  });

  test('is not held to what a stream shows only at its end', async () => {
    const begin = sourceOfPrefix(made.vhdFixed.subarray(0, 200_000));
    expect((await inspect(begin, 'disk.vhd')).findings).toEqual([]);
    expect(rejectsOf(await inspect(begin, 'disk.qcow2'))).toEqual(['name']);
  });
});

test.each([
  'disk.img',
  'disk.bin',
  'disk',
  'debian-12.7',
  'DISK.IMG',
  '.raw',
  'vm-flat.vmdk',
  'vm-f001.vmdk',
  'disk.img.orig',
  'x.dd',
])('%s promises nothing', async (name) => {
  for (const content of [disk, made.qcow2, noise, Buffer.alloc(4096)]) {
    if (name.endsWith('.vmdk') && content === made.qcow2) continue;
    expect(rejectsOf(await look(content, name))).toEqual([]);
  }
  if (!name.endsWith('.vmdk')) expect(rejectsOf(await look(gzipSync(made.qcow2), `${name}.gz`))).toEqual([]);
});
