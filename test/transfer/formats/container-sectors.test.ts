import { describe, expect, test } from 'vitest';
import { inspect, readRuns } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes } from '../../../src/transfer/formats/byte-reader.ts';
import * as images from '../../support/disk-images.ts';
import { drain, rejectsOf, sha256 } from './draining.ts';
import { made } from './made.ts';

const look = (file: Buffer) => inspect(sourceOfBytes(file));
const put = (file: Buffer, at: number, text: string): Buffer => {
  const changed = Buffer.from(file);
  changed.write(text, at < 0 ? file.length + at : at, 'latin1');
  return changed;
};

/** A dynamic VHD whose block table is longer than it needs to be, so that its blocks begin further behind. */
function vhdWithTable(disk: Buffer, entries: number): Buffer {
  const image = images.vhdDynamicImage(disk);
  const tableAt = 1536;
  const [footer, header] = [image.subarray(0, 512), Buffer.from(image.subarray(512, tableAt))];
  const old = header.readUInt32BE(28);
  const [oldBytes, newBytes] = [old, entries].map((count) => Math.ceil((count * 4) / 512) * 512) as [number, number];
  const table = Buffer.alloc(newBytes, 0xff);
  for (let index = 0; index < old; index += 1) {
    const sector = image.readUInt32BE(tableAt + index * 4);
    table.writeUInt32BE(sector === 0xffffffff ? sector : sector + (newBytes - oldBytes) / 512, index * 4);
  }
  header.writeUInt32BE(entries, 28);
  images.writeVhdChecksum(header, 36);
  return Buffer.concat([footer, header, table, image.subarray(tableAt + oldBytes)]);
}

describe('sectors of the disk in a container are not the file', () => {
  const disk = put(images.guestDisk(300 * 1024, 4), 512, 'EFI PART');

  test('a partition table that lies where that of a disk with large sectors would', async () => {
    let hits = 0;
    for (let entries = 64; entries < 1100; entries += 64) {
      const file = vhdWithTable(disk, entries);
      if (file.toString('latin1', 4096, 4104) === 'EFI PART') hits += 1;
      const inspection = await look(file);
      expect(inspection).toMatchObject({ format: 'vhd', findings: [] });
      expect((await drain(readRuns(sourceOfBytes(file), inspection))).sha256).toBe(sha256(disk));
    }
    expect(hits).toBeGreaterThan(0);
  });

  test('what is at the place of an ISO, or at the end, is judged by the tables', async () => {
    for (const [name, image] of Object.entries({
      qcow2: made.qcow2,
      vmdk: made.vmdk,
      vhd: made.vhd,
      vhdx: made.vhdx,
      vdi: made.vdi,
    })) {
      const places = { iso: [32769, 'CD001'], vhd: [-512, 'conectix'], dmg: [-512, 'koly'] } as const;
      for (const [other, [at, text]] of Object.entries(places)) {
        if (name === 'vhd' && other !== 'iso') continue;
        // In these two that is a sector of the disk.
        if ((name === 'vhd' || name === 'vdi') && other === 'iso') {
          expect(rejectsOf(await look(put(image, at, text)))).toEqual([]);
          continue;
        }
        const longer = at < 0 ? Buffer.concat([image, Buffer.alloc(512)]) : image;
        expect(rejectsOf(await look(put(longer, at, text))), `${name} and ${other}`).toContain('multiple_formats');
      }
    }
    // The last sector of this file is data of the disk.
    const full = images.qcow2Image(Buffer.concat([images.guestDisk(65536 * 3, 2), Buffer.alloc(65536, 7)]));
    expect(rejectsOf(await look(put(full, -512, 'conectix')))).toEqual([]);
    expect(rejectsOf(await look(put(full, -512, 'koly')))).toEqual([]);
  });
});

describe('descriptors of VMDKs', () => {
  const described = (text: string): Buffer => {
    const file = Buffer.from(made.stream);
    file.fill(0, 512, 512 * 21);
    file.write(text, 512, 'latin1');
    return file;
  };
  const lines = (first: string, ...more: readonly string[]): string =>
    [
      first,
      'version=1',
      'CID=0badcafe',
      'parentCID=ffffffff',
      'createType="streamOptimized"',
      'RW 600 SPARSE "x.vmdk"',
      ...more,
      '',
    ].join('\n');
  const usual = '# Disk DescriptorFile';

  test.each([
    ['as usual', lines(usual)],
    ['another first line', lines('# Description file created by VMDK stream converter')],
    ['no first line', lines('')],
    ['comments as in C', lines(usual, '/* This field is obsolete, used by ESX3.x and older only. */', '/* two', 'lines */')],
    ['carriage returns', lines(usual).replaceAll('\n', '\r\n')],
    [
      'keys of tracking, encoding and others',
      lines(usual, 'changeTrackPath="x-ctk.vmdk"', 'encoding="windows-1252"', 'isNativeSnapshot="no"', 'vendor.key = 1'),
    ],
    ['a database', lines(usual, 'ddb.uuid = "60 00 C2 9e"', 'ddb.iofilters = "x"', 'ddb.uuid.image="1-2"')],
  ])('%s is read', async (_what, text) => {
    expect((await look(described(text))).findings).toEqual([]);
  });

  test.each([
    ['a parent', lines(usual).replace('ffffffff', '12345678'), 'backing_file'],
    ['the name of a parent', lines(usual, 'parentFileNameHint="/etc/passwd"'), 'backing_file'],
    ['a second extent', lines(usual, 'RW 600 FLAT "/etc/passwd" 0'), 'external_extent'],
    ['an extent elsewhere', lines(usual).replace('x.vmdk', '../x.vmdk'), 'external_extent'],
    ['an extent in a comment that does not end', lines(usual).replace('RW', '/* RW'), 'external_extent'],
    ['the name of a parent behind #', lines(usual, '# parentFileNameHint="/etc/passwd"'), 'backing_file'],
    ['the name of a parent in a comment', lines(usual, '/*', 'parentFileNameHint="/etc/passwd"', '*/'), 'backing_file'],
    ['the name of a parent behind another word', lines(usual, 'ddb.parentFileNameHint = "/etc/passwd"'), 'backing_file'],
    ['another kind in a comment', lines('# createType="monolithicFlat"'), 'external_extent'],
    ['another kind behind another word', lines('ddb.createType="monolithicFlat"'), 'external_extent'],
    ['an extent in a comment', lines(usual, '/*', 'RW 4 FLAT "/etc/passwd" 0', '*/'), 'external_extent'],
    ['an extent behind the beginning of a comment', lines(usual, '/* RW 4 FLAT "/etc/passwd" 0', '*/'), 'external_extent'],
    ['a line of no known form', lines(usual, 'garbage'), 'descriptor'],
    ['nothing', '', 'descriptor'],
  ])('%s is refused', async (_what, text, code) => {
    expect(rejectsOf(await look(described(text)))).toContain(code);
  });

  test('of a disk without sectors are not believed', async () => {
    const file = described(lines(usual).replace('RW 600', 'RW 0'));
    file.writeBigUInt64LE(0n, 12);
    file.writeBigUInt64LE(0n, file.length - 1024 + 12);
    expect(rejectsOf(await look(file))).toContain('virtual_size');
  });

  test('alone name their kind and their files', async () => {
    const text = lines(usual).replace('streamOptimized', 'twoGbMaxExtentSparse') + 'RW 1 SPARSE "y.vmdk"\n';
    expect((await look(Buffer.from(text))).findings).toEqual([
      expect.objectContaining({
        code: 'external_extent',
        message: 'a VMDK descriptor (twoGbMaxExtentSparse): its data is in "x.vmdk", "y.vmdk"',
      }),
    ]);
  });
});

describe('what must be understood and is not', () => {
  const requiring = (flags: number): Buffer => {
    const file = Buffer.from(made.vhdx);
    const table = file.indexOf('metadata');
    const count = file.readUInt16LE(table + 10);
    file.writeUInt16LE(count + 1, table + 10);
    file.fill(0x5a, table + 32 + count * 32, table + 32 + count * 32 + 16);
    file.writeUInt32LE(flags, table + 32 + count * 32 + 24);
    return file;
  };

  test.each<[string, Buffer, string]>([
    ['required metadata of a VHDX', requiring(4), 'unknown_feature'],
    [
      'sectors of a VDI',
      (() => {
        const file = Buffer.from(made.vdi);
        file.writeUInt32LE(4096, 360);
        return file;
      })(),
      'header',
    ],
    [
      'an overhead of a VMDK behind its end',
      (() => {
        const file = Buffer.from(made.vmdk);
        file.writeBigUInt64LE(1n << 30n, 64);
        return file;
      })(),
      'truncated',
    ],
    [
      'no reference counts in a qcow2',
      (() => {
        const file = Buffer.from(made.qcow2);
        file.writeUInt32BE(0, 56);
        return file;
      })(),
      'refcount_table',
    ],
  ])('%s', async (_what, file, code) => {
    expect(rejectsOf(await look(file))).toContain(code);
  });

  test('what is not required may be unknown', async () => {
    expect((await look(requiring(0))).findings).toEqual([]);
  });
});
