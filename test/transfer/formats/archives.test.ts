import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inspect, readRuns } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes, sourceOfPrefix } from '../../../src/transfer/formats/byte-reader.ts';
import * as images from '../../support/disk-images.ts';
import { padded } from '../../support/disk-images/guest.ts';
import { drain, rejectsOf, sha256 } from './draining.ts';
import { disk, made } from './made.ts';

type Member = readonly [name: string, content: Buffer, type?: string];
const end = Buffer.alloc(1024);
const member = ([name, content, type]: Member): Buffer => images.tarImage(content, name, type).subarray(0, -1024);
const tarOf = (...members: readonly Member[]): Buffer => Buffer.concat([...members.map(member), end]);
const json = Buffer.from('{"provider":"libvirt","format":"qcow2","virtual_size":1}');

const look = (file: Buffer) => inspect(sourceOfBytes(file));
/** The disk in a file, which must be read without any finding. */
async function diskIn(file: Buffer): Promise<string> {
  const inspection = await look(file);
  expect(inspection.findings).toEqual([]);
  return (await drain(readRuns(sourceOfBytes(file), inspection))).sha256;
}

const element = (disks: readonly string[], more = '') =>
  `<?xml version="1.0"?><ovf:Envelope xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"><References>${disks
    .map((href, index) => `<File ovf:id="file${index}" ovf:href="${href}" ${more}/>`)
    .join('')}<File ovf:id="extra" ovf:href="vm-file1.nvram"/></References><DiskSection>${disks
    .map((_, index) => `<Disk ovf:capacity="1" ovf:diskId="d${index}" ovf:fileRef='file${index}'/>`)
    .join('')}</DiskSection></ovf:Envelope>`;
const ovf = (...disks: readonly string[]): Member => ['vm.ovf', Buffer.from(element(disks))];
const vmdk: Member = ['vm-disk1.vmdk', made.stream];
const nvram: Member = ['vm-file1.nvram', images.guestDisk(8684)];
const digest = (algorithm: string, content: Buffer) => createHash(algorithm).update(content).digest('hex');
const manifest = (algorithm: string, ...members: readonly Member[]): Member => [
  'vm.mf',
  Buffer.from(members.map(([name, content]) => `${algorithm.toUpperCase()}(${name})= ${digest(algorithm, content)}\n`).join('')),
];
const apple: Member = ['._vm-disk1.vmdk', Buffer.concat([Buffer.from('0005160700020000', 'hex'), Buffer.alloc(200, 1)])];
const pax = (...records: readonly string[]): Member => [
  'PaxHeader',
  Buffer.from(
    records
      .map((record) => {
        const length = `${record}`.length + 2;
        const digits = String(length + String(length + 2).length).length;
        return `${length + digits} ${record}\n`;
      })
      .join(''),
  ),
  'x',
];

describe('what lies beside the disk does not count as one', () => {
  test.each<[string, Buffer]>([
    ['an appliance', tarOf(ovf('vm-disk1.vmdk'), vmdk)],
    ['settings of its firmware', tarOf(ovf('vm-disk1.vmdk'), vmdk, nvram)],
    ['the description behind the disk', tarOf(vmdk, ovf('vm-disk1.vmdk'))],
    ['a PAX header in front', tarOf(pax('mtime=1700000000.25'), ovf('vm-disk1.vmdk'), pax('mtime=1'), vmdk)],
    ['files of macOS', tarOf(apple, ovf('vm-disk1.vmdk'), vmdk)],
    ['a manifest and a certificate', tarOf(ovf('vm-disk1.vmdk'), manifest('sha256', vmdk), ['vm.cert', Buffer.from('x')], vmdk)],
    ['names with a folder', tarOf(['./vm.ovf', ovf('vm-disk1.vmdk')[1]], ['./vm-disk1.vmdk', made.stream])],
    ['an encoded name', tarOf(ovf('vm%20disk&amp;1.vmdk'), ['vm disk&1.vmdk', made.stream])],
    ['a box of Vagrant', tarOf(['metadata.json', json], ['Vagrantfile', Buffer.from('Vagrant')], ['box.img', made.qcow2])],
    [
      'an image of Incus',
      tarOf(['metadata.yaml', Buffer.from('a: b')], ['templates/', Buffer.alloc(0), '5'], ['rootfs.img', made.qcow2]),
    ],
    ['sums', tarOf(['disk.raw', disk], ['SHA256SUMS', Buffer.from(`${sha256(disk)}  disk.raw\n`)])],
    ['notes without an ending', tarOf(['notes', Buffer.from('made on a Monday\n')], ['disk.raw', disk])],
    ['a name of the volume', tarOf(['volume', Buffer.alloc(0), 'V'], ['disk.raw', disk])],
  ])('%s', async (_what, file) => {
    expect(await diskIn(file)).toBe(sha256(disk));
    expect(rejectsOf(await inspect(sourceOfPrefix(file.subarray(0, file.length - 100_000))))).toEqual([]);
  });

  test('one that nobody has described might be a disk, and two are named, nothing else', async () => {
    for (const file of [
      tarOf(ovf('vm-disk1.vmdk'), vmdk, ['other.img', disk]),
      tarOf(ovf('vm-disk1.vmdk', 'other.img'), vmdk, nvram, ['other.img', disk]),
      tarOf(['vm-disk1.vmdk', made.stream], ['metadata.json', json], ['other.img', disk]),
    ]) {
      const { findings } = await look(file);
      expect(findings).toEqual([expect.objectContaining({ level: 'reject', code: 'tar_members' })]);
      expect(findings[0]?.message).toBe('the archive holds 2 disks: "vm-disk1.vmdk", "other.img"');
      expect(findings[0]?.cure).toMatch(/^Unpack it with: tar -xf FILE/);
    }
  });

  test('none is none, and what is packed is refused by what it is', async () => {
    expect(rejectsOf(await look(tarOf(['a.json', json], ['b.txt', Buffer.from('b')])))).toEqual(['tar_members']);
    const packed: Member = ['vm.ovf', Buffer.from(element(['d.vmdk.gz'], 'ovf:compression="gzip"'))];
    expect((await look(tarOf(packed, ['d.vmdk.gz', gzipSync(made.stream)]))).findings[0]?.message).toContain(
      'is compressed inside',
    );
    const split: Member = ['vm.ovf', Buffer.from(element(['d.vmdk'], 'ovf:chunkSize="1000"'))];
    expect((await look(tarOf(split, ['d.vmdk.000000000', made.stream]))).findings[0]?.message).toContain('is split');
  });
});

describe('sums that an archive carries', () => {
  const algorithms = ['sha1', 'sha256', 'sha512', 'md5'];
  test.each(algorithms)('%s of a manifest: of the disk, of the description, wherever it stands', async (algorithm) => {
    const description = ovf('vm-disk1.vmdk');
    for (const wrong of ['none', 'vm-disk1.vmdk', 'vm.ovf']) {
      const listed = [description, vmdk].map(([name, content]): Member => [
        name,
        name === wrong ? Buffer.concat([content, end]) : content,
      ]);
      const sums = manifest(algorithm, ...listed);
      for (const file of [tarOf(description, sums, vmdk), tarOf(description, vmdk, sums), tarOf(vmdk, sums, description)]) {
        const { findings } = await look(file);
        if (wrong === 'none') expect(findings).toEqual([]);
        else expect(findings).toEqual([expect.objectContaining({ level: 'reject', code: 'checksum' })]);
        for (const { message } of findings) {
          expect(message).toContain(JSON.stringify(wrong));
          for (const [name, content] of [...listed, description, vmdk])
            if (name === wrong) expect(message).toContain(digest(algorithm, content));
        }
      }
    }
  });

  test('a file that a manifest names is there', async () => {
    const { findings } = await look(tarOf(ovf('vm-disk1.vmdk'), manifest('sha256', vmdk, nvram), vmdk));
    expect(findings.map(({ message }) => message)).toEqual(['vm.mf lists "vm-file1.nvram", which is not in the archive']);
  });

  test('other lists are compared too, as far as they are about what is there', async () => {
    const listed = (text: string) => look(tarOf(['disk.raw', disk], ['SHA256SUMS', Buffer.from(text)]));
    expect(rejectsOf(await listed(`${'0'.repeat(64)} *disk.raw\n`))).toEqual(['checksum']);
    expect(rejectsOf(await listed(`${'0'.repeat(64)}  other.raw\n`))).toEqual([]);
    expect(rejectsOf(await listed(`SHA512 (disk.raw) = ${digest('sha512', disk)}\n`))).toEqual([]);
  });
});

/** The stretches of the disk that have data, in sectors, and those bytes. */
const unit = 512;
const stretches = (() => {
  const found: [at: number, bytes: number][] = [];
  for (let at = 0; at < disk.length; at += unit) {
    if (disk.subarray(at, at + unit).every((byte) => byte === 0)) continue;
    const last = found.at(-1);
    if (last && last[0] + last[1] === at) last[1] += unit;
    else found.push([at, unit]);
  }
  // More of them than one header has room for.
  return found.flatMap(([at, bytes]) =>
    Array.from({ length: Math.ceil(bytes / 4096) }, (_, index): [number, number] => [
      at + index * 4096,
      Math.min(4096, bytes - index * 4096),
    ]),
  );
})();
const dense = Buffer.concat(stretches.map(([at, bytes]) => disk.subarray(at, at + bytes)));
type Map = readonly (readonly [at: number, bytes: number])[];

function oldGnu(map: Map, data: Buffer, fileBytes = disk.length): Buffer {
  const octal = (value: number) => `${value.toString(8).padStart(11, '0')}\0`;
  const header = Buffer.from(images.tarImage(Buffer.alloc(0), 'disk.raw', 'S').subarray(0, 512));
  const entries = (record: Buffer, from: number, part: Map) =>
    part.forEach(([at, bytes], index) => record.write(octal(at) + octal(bytes), from + index * 24, 'latin1'));
  header.write(octal(data.length), 124, 'latin1');
  entries(header, 386, map.slice(0, 4));
  header[482] = map.length > 4 ? 1 : 0;
  header.write(octal(fileBytes), 483, 'latin1');
  const records: Buffer[] = [];
  for (let from = 4; from < map.length; from += 21) {
    const record = Buffer.alloc(512);
    entries(record, 0, map.slice(from, from + 21));
    record[504] = from + 21 < map.length ? 1 : 0;
    records.push(record);
  }
  header.write('        ', 148, 'latin1');
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  );
  return Buffer.concat([header, ...records, padded(data, 512), end]);
}
const pax0 = (map: Map, data: Buffer, fileBytes = disk.length): Buffer =>
  tarOf(
    pax(
      `GNU.sparse.size=${fileBytes}`,
      `GNU.sparse.numblocks=${map.length}`,
      ...map.flatMap(([at, bytes]) => [`GNU.sparse.offset=${at}`, `GNU.sparse.numbytes=${bytes}`]),
    ),
    ['disk.raw', data],
  );
const pax01 = (map: Map, data: Buffer, fileBytes = disk.length): Buffer =>
  tarOf(
    pax(
      'GNU.sparse.name=disk.raw',
      `GNU.sparse.size=${fileBytes}`,
      `GNU.sparse.numblocks=${map.length}`,
      `GNU.sparse.map=${map.flat().join(',')}`,
    ),
    ['GNUSparseFile.0/disk.raw', data],
  );
const pax1 = (map: Map, data: Buffer, fileBytes = disk.length): Buffer =>
  tarOf(pax('GNU.sparse.major=1', 'GNU.sparse.minor=0', 'GNU.sparse.name=disk.raw', `GNU.sparse.realsize=${fileBytes}`), [
    'GNUSparseFile.0/disk.raw',
    Buffer.concat([padded(Buffer.from(`${[map.length, ...map.flat()].join('\n')}\n`), 512), data]),
  ]);

describe.each([
  ['the old form of GNU', oldGnu],
  ['PAX 0.0', pax0],
  ['PAX 0.1', pax01],
  ['PAX 1.0', pax1],
])('a member with holes, in %s', (_form, write) => {
  test('is the whole file', async () => {
    const ending: Map = [...stretches, [disk.length, 0]];
    for (const map of [stretches, ending]) expect(await diskIn(write(map, dense))).toBe(sha256(disk));
    expect(stretches.length).toBeGreaterThan(25);
    const blank = write([[disk.length, 0]], Buffer.alloc(0));
    expect(await diskIn(blank)).toBe(sha256(Buffer.alloc(disk.length)));
  });

  test.each<[string, Map, number?]>([
    ['leads outside', [...stretches.slice(0, -1), [disk.length, stretches.at(-1)?.[1] ?? 0]]],
    [
      'overlaps',
      [
        [0, 512],
        [256, dense.length - 512],
      ],
    ],
    ['goes backwards', [...stretches].reverse()],
    ['is longer than the member', [...stretches, [disk.length - 1, 1]]],
    ['is shorter than the member', stretches.slice(1)],
    ['is of a shorter file', stretches, 1000],
  ])('a map that %s is refused', async (_what, map, fileBytes) => {
    expect(rejectsOf(await look(write(map, dense, fileBytes)))).toEqual(['tar_header']);
  });
});

test('an archive without a magic number is known by the checksum of its header', async () => {
  const old = tarOf(['disk.raw', disk]);
  old.fill(0, 257, 265);
  old.write('        ', 148, 'latin1');
  old.write(
    `${old
      .subarray(0, 512)
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  );
  expect(await look(old)).toMatchObject({ format: 'tar', subformat: 'raw mbr' });
  old[0] = 'x'.charCodeAt(0);
  expect((await look(old)).format).toBe('raw');
});
