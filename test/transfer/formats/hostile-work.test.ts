import { describe, expect, test } from 'vitest';
import { inspect } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes } from '../../../src/transfer/formats/byte-reader.ts';
import * as images from '../../support/disk-images.ts';
import { made } from './made.ts';
import { costOfAsync } from '../../support/cpu-time.ts';

/** Far above what one look at every byte takes, far below what looking at them again and again does. */
const limitMs = 1500;

/** One member of an archive: GNU's form, without holes. */
const member = (name: string, content: Buffer): Buffer => images.tarImage(content, name).subarray(0, -1024);
const archive = (...members: readonly Buffer[]): Buffer => Buffer.concat([...members, Buffer.alloc(1024)]);

/** The description in a VMDK, as long as there is room. */
function described(text: string): Buffer {
  const bytes = Math.ceil(text.length / 512) * 512;
  const header = Buffer.from(made.stream.subarray(0, 512));
  header.writeBigUInt64LE(BigInt(bytes / 512), 36);
  header.writeBigUInt64LE(1n + BigInt(bytes / 512), 64);
  return Buffer.concat([header, Buffer.from(text.padEnd(bytes, '\n')), made.stream.subarray(-1536)]);
}
const ovf = (text: string): Buffer => archive(member('a.ovf', Buffer.from(text)), member('a.vmdk', made.stream));

const many = 300_000;
const texts: Readonly<Record<string, () => Buffer>> = {
  'comments of markup': () => Buffer.from('<!---->'.repeat(60) + 'x'),
  'comments and declarations of markup': () => Buffer.from('<?xml><!--a-->\n'.repeat(60) + 'x'),
  'comments of markup that do not end': () => Buffer.from('<!--'.repeat(10_000)),
  'titles without an end': () => Buffer.from('<html>' + '<title'.repeat(10_000)),
  'a description of comments that do not end': () => ovf('<!--'.repeat(many)),
  'a description of elements that do not end': () => ovf('<File '.repeat(many)),
  'a description of a long word': () => ovf(`<File ${'a'.repeat(many)}>`),
  'a description of long names with spaces': () => ovf(`<File ${'a: '.repeat(many)}>`),
  'a VMDK of comments that do not end': () => described('/*\n'.repeat(many)),
  'a VMDK of comments that end nowhere but once': () => described('/*\n'.repeat(many) + '*/ x\n'),
  'a descriptor of comments that do not end': () => Buffer.from('# Disk DescriptorFile\n' + '/*\n'.repeat(20_000)),
  'a manifest that names one member again and again': () =>
    archive(
      member('a.ovf', Buffer.from('<Envelope/>')),
      member('a.mf', Buffer.from(`SHA512(a.vmdk)= ${'0'.repeat(128)}\n`.repeat(6000))),
      member('a.vmdk', Buffer.concat([made.stream, Buffer.alloc(4 << 20)])),
    ),
};

/** A VMDK of 2 TiB, all of whose tables are the same one. */
function oneTable(): Buffer {
  const tables = 1 << 20;
  const header = Buffer.from(made.vmdk.subarray(0, 21 * 512));
  header.writeBigUInt64LE(BigInt(tables) * 512n * 8n, 12);
  header.writeBigUInt64LE(8n, 20);
  header.writeBigUInt64LE(21n, 56);
  const directory = Buffer.alloc(tables * 4);
  const at = 21 + directory.length / 512;
  directory.fill(Buffer.from(Uint32Array.of(at).buffer));
  const table = Buffer.from(Uint32Array.from({ length: 512 }, (_, index) => at + 8 + ((index * 7) % 512)).buffer);
  return Buffer.concat([header, directory, table, Buffer.alloc(1 << 19, 1)]);
}
/** A qcow2 of 2 TiB, likewise. */
function oneL2(): Buffer {
  const entries = 1 << 12;
  const file = Buffer.alloc(6 << 16);
  made.qcow2.copy(file, 0, 0, 512);
  file.writeBigUInt64BE(BigInt(entries) << 29n, 24);
  file.writeUInt32BE(entries, 36);
  file.writeBigUInt64BE(2n << 16n, 40);
  for (let at = 0; at < entries; at += 1) file.writeBigUInt64BE(3n << 16n, (2 << 16) + at * 8);
  for (let at = 0; at < 8192; at += 1) file.writeBigUInt64BE(BigInt(4 + (at % 2)) << 16n, (3 << 16) + at * 8);
  return file;
}

describe('tables that stand for more than they are', () => {
  test.each([
    ['a VMDK', oneTable],
    ['a qcow2', oneL2],
  ])('%s is refused before all of that is followed', async (_what, file) => {
    const bytes = file();
    const { result, ms } = await costOfAsync(() => inspect(sourceOfBytes(bytes)));
    expect(result.findings).toContainEqual(expect.objectContaining({ level: 'reject', code: 'overlap' }));
    expect(ms).toBeLessThan(limitMs);
  });
});

describe('text that is made to be looked at again and again', () => {
  test.each(Object.entries(texts))('%s is judged as quickly as any other', async (_what, file) => {
    const bytes = file();
    const { ms } = await costOfAsync(() => inspect(sourceOfBytes(bytes)));
    expect(ms).toBeLessThan(limitMs);
  });
});
