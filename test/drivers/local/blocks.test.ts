import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BlockRequest, BlockUpload } from '../../../src/core/blocks.ts';
import { describeEncoding, type Encoding } from '../../../src/core/encoding.ts';
import { integrityError } from '../../../src/core/errors.ts';
import type { Bytes } from '../../../src/core/http.ts';
import type { Image } from '../../../src/core/image.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { contentOf, diskBytes, gather, makeContent } from '../../support/content.ts';
import { makeBench, type Bench } from './bench.ts';

const MiB = 1024 ** 2;
const blockBytes = 4 * MiB;
/** Three blocks with data, and one between them without. */
const disk = Buffer.concat([diskBytes('raw', blockBytes, 1), Buffer.alloc(blockBytes), diskBytes('raw', blockBytes + MiB, 2)]);
/** The next version of it: one of its blocks is another one. */
const next = Buffer.concat([disk.subarray(0, 2 * blockBytes), diskBytes('raw', blockBytes, 3), disk.subarray(3 * blockBytes)]);

const put = (bench: Bench, name: string, data: Buffer, extras: { layout?: string } = {}): Promise<Image> =>
  bench.session
    .require('upload')
    .run({ description: { name }, content: contentOf(data, { format: 'raw' }, data.length), extras }, testCall());
const isDisk = async (bench: Bench, { id }: Pick<Image, 'id'>, data: Buffer): Promise<boolean> =>
  (await bench.data(id)).equals(data);
const blobs = (bench: Bench): string => bench.path('blobs', 'sha256');
const inodes = (folder: string): ReadonlyMap<string, number> =>
  new Map(readdirSync(folder).map((name) => [name, statSync(path.join(folder, name)).ino]));
const drafts = (bench: Bench): readonly string[] => readdirSync(bench.path('imgctl', 'tmp'));
const blockNames = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => statSync(path.join(folder, name)).size >= MiB);

/** The block form of an upload, driven by hand: a run that dies in its middle is one that says no more. */
const request = (name: string, data: Buffer): BlockRequest => ({
  description: { name },
  content: { encoding: { format: 'raw' }, bytes: data.length, repeatable: true },
  extras: {},
});
async function begun(bench: Bench, name: string, data: Buffer): Promise<BlockUpload<Image>> {
  const upload = await bench.session.require('upload').begin?.(request(name, data), testCall());
  if (!upload || !('put' in upload)) throw new Error('it has no block form');
  return upload;
}
async function putBlock(upload: BlockUpload<Image>, data: Buffer, index: number): Promise<void> {
  const offset = index * blockBytes;
  const bytes = data.subarray(offset, offset + blockBytes);
  await upload.put({ index, offset, bytes, digest: createHash('sha256').update(bytes).digest() }, testCall());
}
const sentOf = (data: Buffer) => ({ blocks: 3, digests: [], content: { bytes: data.length, digests: {} } });

const forms: readonly (readonly [string, Encoding, string | undefined])[] = [
  ...makeBench()
    .session.require('upload')
    .accepts.map(({ format, compression }): readonly [string, Encoding, undefined] => {
      const encoding = { format, ...(compression ? { compression } : {}) };
      return [describeEncoding(encoding), encoding, undefined];
    }),
  ['raw as one file', { format: 'raw' }, 'single'],
];

describe('a disk in a folder', () => {
  it.each(forms)(
    '(%s) is read, changed, copied, linked, and goes with all that it is made of',
    async (_form, encoding, layout) => {
      const [bench, other] = [makeBench(['second']), makeBench()];
      const isLong = encoding.format === 'raw' && !encoding.compression;
      const content = isLong ? contentOf(disk, encoding, disk.length) : makeContent(encoding, { diskLength: 100_000 });
      const upload = bench.session.require('upload');
      const { id } = await upload.run({ description: { name: 'x' }, content, extras: layout ? { layout } : {} }, testCall());
      await bench.patch(id, { description: 'changed' });
      expect((await bench.data(id)).equals(content.data)).toBe(true);
      expect(await bench.session.isIntact(id, testCall())).toBe(true);
      const { places } = await bench.session.require('replicate').run({ id, add: ['second'], remove: [] }, testCall());
      expect(places.map(({ status }) => status)).toEqual(['active', 'active']);
      const download = await bench.session.require('download').run({ id }, testCall());
      expect((await gather(download.open(1000, 1999))).equals(content.data.subarray(1000, 2000))).toBe(true);
      const { handover } = download;
      if (!handover) throw new Error('nothing is handed over');
      const linked = await other.session.require('import').run({ description: { name: 'y' }, handover, extras: {} }, testCall());
      expect(linked).toMatchObject({ status: 'active', diskFormat: encoding.format, sizeBytes: content.data.length });
      const shared = [...inodes(blobs(bench)).values()].filter((ino) => [...inodes(blobs(other)).values()].includes(ino));
      expect(shared.length, 'no byte is copied').toBeGreaterThan(0);
      await bench.remove(id);
      expect(blockNames(blobs(bench))).toEqual([]);
      expect((await other.data(linked.id)).equals(content.data)).toBe(true);
      expect([drafts(bench), drafts(other), readdirSync(path.join(bench.root, 'second', 'imgctl', 'tmp'))]).toEqual([[], [], []]);
    },
  );
});

describe('blocks of a raw disk in a folder', () => {
  it('are files of their own, without the zeros, and none where it is to be one file', async () => {
    const bench = makeBench();
    const { id, checksums } = await put(bench, 'x', disk);
    expect([blockNames(blobs(bench)).length, checksums]).toEqual([3, undefined]);
    await bench.remove(id);
    const single = await put(bench, 'x', disk, { layout: 'single' });
    expect(blockNames(blobs(bench))).toEqual([single.checksums?.sha256]);
  });

  it('that another image has are not written again, and stay when one of both goes', async () => {
    const bench = makeBench();
    const first = await put(bench, 'v1', disk);
    const before = inodes(blobs(bench));
    const second = await put(bench, 'v2', next);
    const after = inodes(blobs(bench));
    const fresh = blockNames(blobs(bench)).filter((name) => !before.has(name));
    expect(fresh.length).toBe(1);
    for (const [name, ino] of before) if (after.has(name)) expect(after.get(name)).toBe(ino);
    await bench.remove(first.id);
    expect(await isDisk(bench, second, next)).toBe(true);
    await bench.remove(second.id);
    expect(blockNames(blobs(bench))).toEqual([]);
  });

  it('that go while another upload has found them are there once it is done', async () => {
    const bench = makeBench();
    const first = await put(bench, 'v1', disk);
    const upload = await begun(bench, 'v2', disk);
    for (const index of [0, 2, 3]) await putBlock(upload, disk, index);
    await bench.remove(first.id);
    const second = await upload.complete(sentOf(disk), testCall());
    expect(await isDisk(bench, second, disk)).toBe(true);
    expect(drafts(bench)).toEqual([]);
  });

  it('that are rotten are replaced by who brings them anew', async () => {
    const bench = makeBench();
    const first = await put(bench, 'v1', disk);
    const [rotten = ''] = blockNames(blobs(bench));
    writeFileSync(path.join(blobs(bench), rotten), Buffer.alloc(statSync(path.join(blobs(bench), rotten)).size, 7));
    expect(await bench.session.isIntact(first.id, testCall())).toBe(false);
    await put(bench, 'again', disk);
    expect(await bench.session.isIntact(first.id, testCall())).toBe(true);
    expect(await isDisk(bench, first, disk)).toBe(true);
  });
});

describe('an upload in blocks that breaks off', () => {
  it('leaves nothing where it fails, and no image', async () => {
    const bench = makeBench();
    const content = contentOf(disk, { format: 'raw' }, disk.length);
    async function* broken(): Bytes {
      yield disk.subarray(0, 6 * MiB);
      throw integrityError('the source is broken');
    }
    const upload = bench.session.require('upload');
    const given = { ...content, open: broken };
    await failureOf(upload.run({ description: { name: 'x' }, content: given, extras: {} }, testCall()), 'INTEGRITY');
    expect([drafts(bench), existsSync(blobs(bench)) ? readdirSync(blobs(bench)) : []]).toEqual([[], []]);
  });

  it('and whose run is dead: what it has finished is not written again by the next', async () => {
    const bench = makeBench();
    const dead = await begun(bench, 'x', disk);
    await putBlock(dead, disk, 0);
    await putBlock(dead, disk, 2);
    const kept = inodes(bench.path('imgctl', 'tmp', drafts(bench)[0] ?? ''));
    const image = await put(bench, 'x', disk);
    expect(await isDisk(bench, image, disk)).toBe(true);
    const now = inodes(blobs(bench));
    expect(kept.size).toBe(2);
    for (const [name, ino] of kept) expect(now.get(name)).toBe(ino);
    const [left = ''] = drafts(bench);
    const then = new Date(Date.now() - 61_000);
    utimesSync(bench.path('imgctl', 'tmp', left), then, then);
    await bench.patch(image.id, { description: 'a change' });
    expect(drafts(bench), 'what nobody came back for').toEqual([]);
    expect(await isDisk(bench, image, disk)).toBe(true);
  });

  it('is gone on with by its name, and let go by it', async () => {
    const bench = makeBench();
    const resume = bench.session.require('upload').resume?.bind(bench.session.require('upload'));
    const dead = await begun(bench, 'x', disk);
    await putBlock(dead, disk, 0);
    const kept = inodes(bench.path('imgctl', 'tmp', dead.ref));
    const again = await resume?.(dead.ref, request('x', disk), testCall());
    if (!again) throw new Error('it cannot be resumed');
    for (const index of [0, 2, 3]) await putBlock(again, disk, index);
    const image = await again.complete(sentOf(disk), testCall());
    expect(await isDisk(bench, image, disk)).toBe(true);
    for (const [name, ino] of kept) expect(inodes(blobs(bench)).get(name)).toBe(ino);
    const other = await begun(bench, 'y', next);
    await putBlock(other, next, 2);
    await (await resume?.(other.ref, request('y', next), testCall()))?.abort(testCall());
    expect(drafts(bench)).toEqual([]);
    for (const name of [other.ref, '../../blobs', 'nothing'])
      await failureOf(resume?.(name, request('y', next), testCall()) ?? Promise.resolve(), 'NOT_FOUND');
  });

  it.each([
    ['rotten', (file: string) => writeFileSync(file, Buffer.alloc(blockBytes, 7))],
    ['cut short', (file: string) => writeFileSync(file, disk.subarray(0, MiB))],
    [
      'a link',
      (file: string) => (
        rmSync(file),
        writeFileSync(`${file}.away`, disk.subarray(0, blockBytes)),
        symlinkSync(`${file}.away`, file)
      ),
    ],
    ['of others, too', (file: string) => chmodSync(file, 0o666)],
  ] as const)('and whose block is %s by then: that is written anew', async (_what, spoil) => {
    const bench = makeBench();
    const dead = await begun(bench, 'x', disk);
    await putBlock(dead, disk, 0);
    const folder = bench.path('imgctl', 'tmp', dead.ref);
    const [name = ''] = readdirSync(folder);
    spoil(path.join(folder, name));
    const { ino } = statSync(path.join(folder, name));
    const image = await put(bench, 'x', disk);
    expect(await isDisk(bench, image, disk)).toBe(true);
    const blob = path.join(blobs(bench), name);
    expect(statSync(blob).ino).not.toBe(ino);
    expect(readFileSync(blob).equals(disk.subarray(0, blockBytes))).toBe(true);
  });
});
