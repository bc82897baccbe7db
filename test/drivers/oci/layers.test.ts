import { createHash } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Block } from '../../../src/core/blocks.ts';
import { isBlockUpload } from '../../../src/core/bound-blocks.ts';
import type { Session } from '../../../src/core/driver.ts';
import type { Content, UploadRequest } from '../../../src/core/operation.ts';
import driver from '../../../src/drivers/oci/index.ts';
import { library, startOci, type OciCloud } from '../../clouds/oci/index.ts';
import { keepBlob, keepManifest } from '../../clouds/oci/store.ts';
import type { Switches } from '../../clouds/oci/switches.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { contentOf, diskBytes, gather, makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

const MiB = 1024 ** 2;
const block = 4 * MiB;
const small = 16 * 1024;
/** A pattern that compresses to almost nothing, another one for each seed. */
const pattern = (seed: number, length = block): Buffer => Buffer.alloc(length, `pattern ${seed} `);
/** What does not compress. */
const noise = (seed: number, length = MiB): Buffer => diskBytes('raw', length, seed);

let cloud: OciCloud;
let session: Session;
async function start(switches: Partial<Switches> = {}, more: Readonly<Record<string, string>> = {}): Promise<void> {
  cloud = await startOci({ auth: 'none', ...switches });
  session = openSession(driver, { ...cloud.values, places: '', ...more }).session;
}
beforeEach(() => start());
afterEach(() => cloud.stop());

const raw = (data: Buffer): Content => contentOf(data, { format: 'raw' }, data.length);
const request = (content: Content, more: Partial<UploadRequest> = {}): UploadRequest => ({
  description: { name: 'disk' },
  content,
  extras: {},
  ...more,
});
const upload = (content: Content, more: Partial<UploadRequest> = {}) =>
  session.require('upload').run(request(content, more), testCall(undefined, 3));
const download = (id: string) => session.require('download').run({ id }, testCall(undefined, 3));

interface Layer {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}
function manifestOf(id: string): { readonly artifactType: string; readonly layers: readonly Layer[] } {
  const { tags, manifests } = cloud.store.of(library);
  return JSON.parse(String(manifests.get(tags.get(id) ?? '')?.data)) as ReturnType<typeof manifestOf>;
}
interface List {
  readonly bytes: number;
  readonly blocks: readonly object[];
}
const layersOf = (id: string): readonly Layer[] => manifestOf(id).layers.slice(1);
const sent = (): number => cloud.requests().reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
/** Three blocks with data, two of zeros among them, and a short one at the end. */
const disk = (): Buffer =>
  Buffer.concat([noise(1), pattern(1, 3 * MiB), Buffer.alloc(2 * block), pattern(2), pattern(1), noise(3, 1000)]);

describe('a raw disk in layers', () => {
  it('is what it was, in whatever part it is read', async () => {
    const data = disk();
    const { id, sizeBytes, virtualBytes } = await upload(raw(data));
    expect([sizeBytes, virtualBytes]).toEqual([data.length, data.length]);
    const there = await download(id);
    expect([there.encoding, there.bytes, there.verifiedBy]).toEqual([{ format: 'raw' }, data.length, 'blocks-sha256']);
    expect((await gather(there.open())).equals(data)).toBe(true);
    for (const [from, to] of [
      [0, 0],
      [block - 1, block],
      [MiB, 3 * block + 7],
      [2 * block, 2 * block + 5],
      [data.length - 3, data.length - 1],
    ] as const)
      // prettier-ignore
      expect((await gather(there.open(from, to))).equals(data.subarray(from, to + 1)), `${from}-${to}`).toBe(true);
  });

  const GiB = 1024 * MiB;
  const blockBytesFor = async (facts: Pick<Content, 'bytes' | 'allocatedBytes'>): Promise<number | false | undefined> => {
    const { bytes: _known, ...content } = raw(Buffer.alloc(0));
    const begun = await session.require('upload').begin?.(request({ ...content, ...facts }), testCall());
    return begun && isBlockUpload(begun) && begun.blockBytes;
  };

  it.each([
    ['of less than 4 GiB', { bytes: 4 * GiB - 1 }, 4],
    ['of more', { bytes: 4 * GiB }, 8],
    ['of which 1 GiB is data', { bytes: GiB, allocatedBytes: GiB }, 8],
    ['of which less is data', { bytes: 16 * GiB, allocatedBytes: GiB - 1 }, 4],
    ['of more than 4096 such blocks', { bytes: 32 * GiB + 1, allocatedBytes: 5 }, 16],
    ['of nobody knows how much', {}, 8],
  ])('%s is cut into blocks of a length that suits it', async (_which, facts, length) => {
    expect(await blockBytesFor(facts)).toBe(length * MiB);
  });

  it('is cut as a disk of the same length is that is there, however much is data', async () => {
    const all = { bytes: 2 * GiB, allocatedBytes: 2 * GiB };
    const sparse = { bytes: 3 * GiB, allocatedBytes: 100 };
    for (const [facts, length] of [
      [all, 8],
      [sparse, 4],
    ] as const)
      // prettier-ignore
      await upload({
        ...raw(Buffer.alloc(0)),
        ...facts,
        async *pieces() {
          yield facts.bytes - 100;
          yield noise(length, 100);
        },
        sent: () => ({ bytes: facts.bytes, digests: {} }),
      });
    expect(await blockBytesFor({ bytes: all.bytes, allocatedBytes: 100 })).toBe(8 * MiB);
    expect(await blockBytesFor({ bytes: sparse.bytes, allocatedBytes: sparse.bytes })).toBe(4 * MiB);
    expect(await blockBytesFor({ bytes: sparse.bytes + 512, allocatedBytes: sparse.bytes })).toBe(8 * MiB);
  });

  it('is one blob for each content, compressed by itself; zeros are none', async () => {
    const { id } = await upload(raw(Buffer.concat([disk(), Buffer.alloc(block), pattern(2)])));
    const layers = layersOf(id);
    expect(layers.length).toBe(6);
    const bytes = layers.map(({ digest }) => cloud.store.of(library).blobs.get(digest) ?? Buffer.alloc(0));
    for (const [at, { digest, size }] of layers.entries())
      expect([
        `sha256:${createHash('sha256')
          .update(bytes[at] ?? '')
          .digest('hex')}`,
        bytes[at]?.length,
      ]).toEqual([digest, size]);
    // By the better of what this Node has.
    const unpack = layers[1]?.mediaType.endsWith('+zstd') ? zstdDecompressSync : gunzipSync;
    expect(unpack(bytes[1] ?? '').equals(pattern(2))).toBe(true);
    expect(new Set(layers.map(({ digest }) => digest)).size).toBe(layers.length);
    expect(manifestOf(id).artifactType).toBe('application/vnd.imgctl.image.v2');
  });

  it('is the list alone where there are only zeros', async () => {
    const { id } = await upload(raw(Buffer.alloc(3 * block)));
    expect(layersOf(id)).toEqual([]);
    expect((await gather((await download(id)).open())).equals(Buffer.alloc(3 * block))).toBe(true);
  });

  it('may come as a stream whose length nobody knows', async () => {
    const data = Buffer.concat([noise(5), Buffer.alloc(20 * MiB), noise(6)]);
    const { id, sizeBytes } = await upload(contentOf(data, { format: 'raw' }, data.length, { blind: true }));
    expect([sizeBytes, layersOf(id).length]).toEqual([data.length, 2]);
    expect((await gather((await download(id)).open())).equals(data)).toBe(true);
  });

  it('may have no byte, one, or not a whole block, and come as a stream', async () => {
    for (const length of [0, 1, 511, block - 1, block, block + 1, 2 * block + 513])
      for (const blind of [false, true]) {
        const data = noise(length + 1, length);
        const { id, sizeBytes } = await upload(contentOf(data, { format: 'raw' }, length, { blind }));
        expect([sizeBytes, (await gather((await download(id)).open())).equals(data)], `${length} ${blind}`).toEqual([
          length,
          true,
        ]);
      }
  });

  it('is not asked for its zeros where they are told', async () => {
    const content: Content = {
      encoding: { format: 'raw' },
      bytes: 2 ** 35,
      repeatable: true,
      open: () => {
        throw new Error('all of it was read');
      },
      async *pieces() {
        yield 2 ** 34 + 5;
        yield noise(1, 100);
        yield 2 ** 34 - 105;
      },
      sent: () => ({ bytes: 2 ** 35, digests: {} }),
    };
    const { id, virtualBytes } = await upload(content);
    expect([virtualBytes, layersOf(id).length]).toEqual([2 ** 35, 1]);
    const there = await download(id);
    expect((await gather(there.open(2 ** 34, 2 ** 34 + 109))).equals(Buffer.concat([Buffer.alloc(5), noise(1, 100), Buffer.alloc(5)]))).toBe(true); // prettier-ignore
  });

  it('keeps its layers when the record changes, and in another repository', async () => {
    const data = disk();
    const { id } = await upload(raw(data));
    const before = manifestOf(id).layers;
    await session.require('patch').run({ id, changes: { name: 'other' }, extras: {} }, testCall());
    expect(manifestOf(id).layers).toEqual(before);
    await session.require('replicate').run({ id, add: ['images/second'], remove: [] }, testCall());
    const second = openSession(driver, { ...cloud.values, places: '', repository: 'images/second' }).session;
    expect((await gather((await second.require('download').run({ id }, testCall())).open())).equals(data)).toBe(true);
  });

  it('is mounted whole where another account of the registry hands it over', async () => {
    const data = disk();
    const { handover, original, inParts = false } = await download((await upload(raw(data))).id);
    const target = openSession(driver, { ...cloud.values, places: '', repository: 'images/third' }).session;
    cloud.forget();
    if (!handover || !original) throw new Error('nothing was handed over');
    const taken = request(raw(data), { handover, original, inParts });
    const { id, sizeBytes } = await target.require('upload').run(taken, testCall());
    expect(sent()).toBeLessThan(small);
    expect(sizeBytes).toBe(data.length);
    expect((await gather((await target.require('download').run({ id }, testCall())).open())).equals(data)).toBe(true);
  });

  it('is one blob where that is asked for, by the upload or the profile, or where it comes in a form of its own', async () => {
    const isSingle = (id: string): boolean => manifestOf(id).artifactType === 'application/vnd.imgctl.image.v1';
    expect(isSingle((await upload(raw(disk()), { extras: { layout: 'single' } })).id)).toBe(true);
    expect(isSingle((await upload(makeContent({ format: 'qcow2' }, { diskLength: 2 * block }))).id)).toBe(true);
    expect(isSingle((await upload(makeContent({ format: 'raw', compression: 'zstd' }, { diskLength: 2 * block }))).id)).toBe(
      true,
    );
    for (const [more, single] of [
      [{ layout: 'single' }, true],
      [{ chunkSize: '1MiB' }, true],
      [{ chunkSize: '1MiB', layout: 'layers' }, false],
    ] as const) {
      // prettier-ignore
      await cloud.stop();
      await start({}, more);
      const { id } = await upload(raw(disk()));
      expect(isSingle(id), JSON.stringify(more)).toBe(single);
      expect((await gather((await download(id)).open())).equals(disk())).toBe(true);
    }
  });
});

describe('of a disk in layers', () => {
  it('only what another version has not is sent, however that was compressed', async () => {
    const [golden, more] = [[noise(1, block), noise(2, block)], noise(9, MiB)];
    await upload(raw(Buffer.concat(golden)));
    cloud.forget();
    const { id } = await upload(raw(Buffer.concat([...golden, more])));
    expect(sent()).toBeGreaterThan(MiB);
    expect(sent()).toBeLessThan(MiB + small);
    // Whether it is there still is asked of each block.
    expect(cloud.requests().filter(({ method, path }) => method === 'HEAD' && path.includes('/blobs/')).length).toBe(3);
    expect((await gather((await download(id)).open())).length).toBe(2 * block + MiB);
  });

  it('what an image in another repository has is mounted, where the profile names that repository', async () => {
    const golden = [pattern(1), noise(2, block)];
    await upload(raw(Buffer.concat(golden)));
    const data = Buffer.concat([...golden, noise(9, MiB)]);
    for (const mounts of [true, false]) {
      cloud.switches.mounts = mounts;
      const repository = `images/m${String(mounts)}`;
      const second = openSession(driver, { ...cloud.values, places: library, repository }).session;
      cloud.forget();
      const { id } = await second.require('upload').run(request(raw(data)), testCall());
      expect(sent() < MiB + small, `mounts: ${String(mounts)}`).toBe(mounts);
      expect((await gather((await second.require('download').run({ id }, testCall())).open())).equals(data)).toBe(true);
    }
  });

  it('what is there after a break is not sent again, and nobody has to know of the break', async () => {
    const data = Buffer.concat([1, 2, 3].map((seed) => noise(seed, block)));
    const begun = await session.require('upload').begin?.(request(raw(data)), testCall());
    if (!begun || !isBlockUpload(begun)) throw new Error('no upload was begun');
    for (let index = 0; index < 2; index += 1) {
      const bytes = data.subarray(index * block, (index + 1) * block);
      await begun.put({ index, offset: index * block, bytes, digest: createHash('sha256').update(bytes).digest() }, testCall());
    }
    cloud.forget();
    const { id } = await upload(raw(data), { goesOn: begun.ref });
    expect(sent()).toBeLessThan(block + small);
    expect((await gather((await download(id)).open())).equals(data)).toBe(true);
  });

  const smallBlock = (index: number): Block => {
    const bytes = Buffer.from(`block ${index}`);
    return { index, offset: index * block, bytes, digest: createHash('sha256').update(bytes).digest() };
  };
  /** Blocks of some bytes each, so many at once, as whoever sends a disk puts them. */
  async function putAll(indexes: readonly number[], atOnce = 4): Promise<void> {
    const begun = await session.require('upload').begin?.(request(raw(Buffer.alloc(40 * block))), testCall());
    if (!begun || !isBlockUpload(begun)) throw new Error('no upload was begun');
    const left = indexes.values();
    const sender = async (): Promise<void> => {
      for (const index of left) await begun.put(smallBlock(index), testCall());
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
  }
  const count = (wanted: string): number =>
    cloud.requests().filter(({ method, path }) => method === wanted && path.includes('/blobs/')).length;
  const blocks = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, at) => from + at);

  it('a block that no image has is asked for only where others like it are there', async () => {
    await putAll(blocks(0, 40));
    expect([count('PUT'), count('HEAD') <= 8 + 40 / 8]).toEqual([40, true]);
  });

  it.each([
    [1, []],
    [4, [25, 26, 28]],
    [4, [26, 27, 28]],
    [4, [3, 12, 13, 14, 28]],
  ] as const)('nothing is sent again of what a break left behind, %s at once and without %j', async (atOnce, missing) => {
    await putAll(blocks(0, 30).filter((index) => !(missing as readonly number[]).includes(index)));
    cloud.forget();
    await putAll(blocks(0, 40), atOnce);
    expect(count('PUT')).toBe(10 + missing.length);
  });

  it('what others have left behind in the middle of a disk is found, but for the first of it', async () => {
    await putAll(blocks(12, 36));
    cloud.forget();
    await putAll(blocks(0, 40), 1);
    expect(count('PUT')).toBeLessThan(16 + 8);
  });

  it('a block whose request broke is looked for before it is sent again', async () => {
    const begun = await session.require('upload').begin?.(request(raw(Buffer.alloc(40 * block))), testCall());
    if (!begun || !isBlockUpload(begun)) throw new Error('no upload was begun');
    const put = async (index: number): Promise<void> => begun.put(smallBlock(index), testCall(undefined, 0));
    for (const index of blocks(0, 20)) await put(index);
    // It has come; the answer is another one, and so is that to the question whether it has.
    cloud.fail({
      kind: 'answer afterwards',
      status: 503,
      on: ({ method, path }) => method === 'PUT' && path.includes('/blobs/'),
    });
    cloud.fail({ kind: 'answer', status: 503, on: ({ method, path }) => method === 'HEAD' && path.includes('/blobs/') });
    await failureOf(put(20), 'PROVIDER');
    cloud.forget();
    await put(20);
    expect(count('PUT')).toBe(0);
  });

  it('what the registry has lost of another version is sent again', async () => {
    const golden = [pattern(1), noise(2, block)];
    const first = await upload(raw(Buffer.concat(golden)));
    const { blobs } = cloud.store.of(library);
    for (const { digest } of layersOf(first.id)) blobs.delete(digest);
    const data = Buffer.concat([...golden, noise(9, MiB)]);
    const { id } = await upload(raw(data));
    expect((await gather((await download(id)).open())).equals(data)).toBe(true);
  });

  it.each([
    ['lies over another', (list) => ({ ...list, blocks: list.blocks.map((each) => ({ ...each, offset: 0 })) }), undefined],
    ['lies past the end', (list) => ({ ...list, bytes: block }), undefined],
    ['is longer than its block', (list) => ({ ...list, bytes: block + 5 }), undefined],
    [
      'is no layer',
      (list) => ({ ...list, blocks: list.blocks.map((each) => ({ ...each, blob: `sha256:${'0'.repeat(64)}` })) }),
      undefined,
    ],
    ['has a layer of terabytes', (list) => list, 2 ** 43],
    ['has a layer of less than nothing', (list) => list, -1],
    ['has a layer of half a byte', (list) => list, 0.5],
  ] as readonly (readonly [string, (list: List) => List, number | undefined])[])(
    'nothing is read where a block %s, and nothing of it is taken for another image',
    async (_, lie, size) => {
      const { id } = await upload(raw(Buffer.concat([noise(1, block), noise(2, block)])));
      const { blobs, tags, manifests } = cloud.store.of(library);
      const manifest = manifestOf(id);
      const [first, ...layers] = manifest.layers;
      const list = lie(JSON.parse(String(blobs.get(first?.digest ?? ''))) as List);
      const listDigest = keepBlob(cloud.store.of(library), Buffer.from(JSON.stringify(list)));
      const lying = [{ ...first, digest: listDigest }, ...layers.map((layer) => ({ ...layer, size: size ?? layer.size }))];
      const { type } = manifests.get(tags.get(id) ?? '') ?? { type: '' };
      keepManifest(cloud.store.of(library), 'lying', type, Buffer.from(JSON.stringify({ ...manifest, layers: lying })));
      await failureOf(download('lying'), 'INTEGRITY');
      tags.delete(id);
      const data = Buffer.concat([noise(1, block), noise(3, block)]);
      const again = await upload(raw(data));
      expect((await gather((await download(again.id)).open())).equals(data)).toBe(true);
    },
  );

  it('a block that breaks on its way is sent again, alone', async () => {
    let puts = 0;
    cloud.fail({ kind: 'drop', on: ({ method, path }) => method === 'PUT' && path.includes('blobs') && (puts += 1) === 2 });
    const data = Buffer.concat([noise(1, block), noise(2, block)]);
    const { id } = await upload(raw(data));
    expect(sent()).toBeLessThan(3 * block + small);
    expect((await gather((await download(id)).open())).equals(data)).toBe(true);
  });

  it('a block goes in chunks where so much at once is refused', async () => {
    await cloud.stop();
    await start({ mostBody: MiB });
    const data = Buffer.concat([noise(1, block), noise(2, block)]);
    const { id } = await upload(raw(data));
    expect((await gather((await download(id)).open())).equals(data)).toBe(true);
  });

  it('no byte is given of a block that is another one than its digests say', async () => {
    const { id } = await upload(raw(Buffer.concat([noise(1, block), noise(2, block)])));
    const { blobs } = cloud.store.of(library);
    const [first, second] = layersOf(id);
    const honest = blobs.get(second?.digest ?? '') ?? Buffer.alloc(0);
    const damaged = Buffer.from(honest);
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    for (const wrong of [damaged, honest.subarray(1), Buffer.concat([honest, honest]), blobs.get(first?.digest ?? '')]) {
      if (wrong) blobs.set(second?.digest ?? '', wrong);
      let come = 0;
      const read = async (): Promise<void> => {
        for await (const chunk of (await download(id)).open()) come += chunk.length;
      };
      await failureOf(read(), 'INTEGRITY', 'NETWORK');
      expect(come).toBe(block);
    }
  });

  it('no image is made where the source turns out to be shorter, or the registry keeps something else', async () => {
    const data = Buffer.concat([noise(1, block), noise(2, block)]);
    await failureOf(upload(contentOf(data, { format: 'raw' }, data.length, { cutAt: block + 5 })), 'INTEGRITY');
    await cloud.stop();
    await start({ liesAbout: `sha256:${'0'.repeat(64)}` });
    await failureOf(upload(raw(data)), 'INTEGRITY');
    expect(cloud.store.of(library).tags.size).toBe(0);
  });
});
