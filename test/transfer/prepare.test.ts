import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { constants, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Accept } from '../../src/core/encoding.ts';
import { prepare } from '../../src/transfer/prepare.ts';
import type { TransferContext, TransferOptions } from '../../src/transfer/transfer-options.ts';
import type { Source } from '../../src/transfer/source.ts';
import { contentIdOf } from '../../src/transfer/writers/content-id.ts';
import { streamRuns } from '../../src/transfer/formats/index.ts';
import { guestDisk, vhdFixedImage, xzStream, zstdFrame } from '../support/disk-images.ts';
import { made, disk } from './formats/made.ts';
import { all, chunked, failure, meansIn, noWishes, remote, stage, stream } from './sources.ts';

const place = stage();
const raw: Accept = { format: 'raw' };
const gz: Accept = { format: 'raw', compression: 'gzip', needsLength: true };
const hex = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex');
const rightId = await contentIdOf(streamRuns(chunked(disk), {}));

/** Prepares, makes the content, reads it, and closes; nothing may be left behind. */
async function through(
  source: Source,
  accepts: readonly Accept[],
  wishes: Partial<TransferOptions> = {},
  means: Partial<TransferContext> = {},
) {
  const prepared = await prepare(source, accepts, { ...noWishes, ...wishes }, meansIn(place.folder(), means));
  try {
    const content = await prepared.content();
    const bytes = await all(content);
    if (content.bytes !== undefined) expect(content.bytes).toBe(bytes.length);
    expect(content.sent()).toEqual({ bytes: bytes.length, digests: { sha256: hex('sha256', bytes) } });
    return { bytes, content, contentId: await prepared.contentId(), plan: prepared.plan };
  } finally {
    await prepared.close();
    expect(place.left()).toEqual([]);
  }
}

describe('a disk on its way', () => {
  const { vhdFixed: _byItsEnd, ...fromTheStart } = made;
  it.each(Object.entries(made))('%s, a file, becomes raw and raw.gz', async (name, image) => {
    const asRaw = await through(await place.file('disk', image), [raw]);
    expect(asRaw.bytes.equals(disk)).toBe(true);
    expect(asRaw.contentId).toBe(rightId);
    const zipped = await through(await place.file('disk', image), [{ ...gz, needsLength: false }]);
    expect(gunzipSync(zipped.bytes).equals(disk)).toBe(true);
    if (name !== 'gzip') expect(zipped.contentId).toBe(rightId);
  });

  it.each(Object.entries(fromTheStart))('%s, a stream, becomes raw, raw.gz of known length, and qcow2', async (_name, image) => {
    expect((await through(stream(image), [raw])).bytes.equals(disk)).toBe(true);
    const zipped = await through(stream(image), [gz]);
    expect(gunzipSync(zipped.bytes).equals(disk)).toBe(true);
    expect(zipped.content.bytes).toBe(zipped.bytes.length);
    const asQcow2 = await through(stream(image), [{ format: 'qcow2' }]);
    expect((await through(await place.file('back', asQcow2.bytes), [raw])).bytes.equals(disk)).toBe(true);
  });

  it('a fixed VHD that comes as a stream is known by its end, whatever its size', async () => {
    for (const bytes of [4096, 8192 - 512, 8192, 8192 + 512, (2 << 20) - 512, 2 << 20]) {
      const guest = guestDisk(bytes, 3);
      const image = vhdFixedImage(guest);
      const named = { ...stream(image), fileName: 'disk.vhd', bytes: image.length };
      expect((await through(named, [raw])).bytes.equals(guest), `${bytes} bytes, by its name`).toBe(true);
      const kept = { ...remote(image).source, declared: 'vhd' as const };
      expect((await through(kept, [raw])).bytes.equals(guest), `${bytes} bytes, as the provider says`).toBe(true);
      const said = { ...stream(image), bytes: image.length };
      expect((await through(said, [raw], { fromFormat: 'vhd' })).bytes.equals(guest), `${bytes} bytes, as is said`).toBe(true);
    }
    const nameless = vhdFixedImage(guestDisk((2 << 20) - 512, 3));
    const refused = await failure(through({ ...stream(nameless), bytes: nameless.length }, [raw]), 'INTEGRITY');
    expect(refused.circumstances.hint).toContain('--from-format vhd');
  });

  it.each(['gzip', 'xz', 'zstd'] as const)('raw and qcow2 inside %s are unwrapped', async (compression) => {
    const wrap = { gzip: gzipSync, xz: xzStream, zstd: zstdFrame }[compression];
    for (const image of [disk, made.qcow2zlib])
      for (const source of [await place.file('disk', wrap(image)), stream(wrap(image)), remote(wrap(image)).source]) {
        const result = await through(source, [raw]);
        expect(result.bytes.equals(disk)).toBe(true);
        expect(result.contentId).toBe(rightId);
      }
    const asItWas = await through(stream(wrap(made.qcow2)), [{ format: 'qcow2' }]);
    expect(asItWas.bytes.equals(made.qcow2)).toBe(true);
  });

  it('raw.gz goes as it is where that is taken; its disk is looked into when asked', async () => {
    const result = await through(await place.file('disk.gz', made.gzip), [gz]);
    expect(result.bytes.equals(made.gzip)).toBe(true);
    expect(result.contentId).toBe(rightId);
    expect((await through(stream(made.gzip), [gz])).contentId).toBe(rightId);
  });

  it('what is far is fetched once: its beginning, then all of it', async () => {
    const far = remote(made.qcow2zlib, { digests: { sha512: hex('sha512', made.qcow2zlib) } });
    expect((await through(far.source, [raw])).bytes.equals(disk)).toBe(true);
    expect(far.opened()).toBe(2);
  });

  it('says how much of it takes room, where somebody knows', async () => {
    const file = await place.file('thin.raw', disk);
    const { size, blocks } = await stat(file.path ?? '');
    const roomOf = async (source: Source): Promise<number | undefined> => {
      const prepared = await prepare(source, [raw], noWishes, meansIn(place.folder()));
      const { allocatedBytes } = await prepared.content();
      await prepared.close();
      return allocatedBytes;
    };
    expect(await roomOf(file)).toBe(process.platform === 'win32' ? size : Math.min(size, blocks * 512));
    const inQcow2 = await roomOf(await place.file('disk.qcow2', made.qcow2zlib));
    expect([inQcow2 !== undefined && inQcow2 > 0, (inQcow2 ?? 0) <= disk.length]).toEqual([true, true]);
    expect(await roomOf(stream(disk))).toBeUndefined();
  });

  it('may be read again, and says when not', async () => {
    const prepared = await prepare(await place.file('disk', disk), [raw], noWishes, meansIn(place.folder()));
    const content = await prepared.content();
    expect(content.repeatable).toBe(true);
    for (let time = 0; time < 2; time += 1) expect((await all(content)).equals(disk)).toBe(true);
    expect(await prepared.contentId()).toBe(rightId);
    await prepared.close();
    const once = await prepare(stream(disk), [raw], noWishes, meansIn(place.folder()));
    const single = await once.content();
    expect(single.repeatable).toBe(false);
    await all(single);
    expect((await failure(all(single), 'NETWORK')).message).toBe('standard input can be read only once');
    await once.close();
  });

  it('counts as progress what arrives, where that is told, however it is read', async () => {
    let passed = 0;
    const means = meansIn(place.folder(), { progress: (bytes) => void (passed += bytes) });
    const prepared = await prepare(await place.file('disk', made.raw), [raw], noWishes, means);
    const content = await prepared.content();
    content.arrived?.(0);
    for await (const _piece of content.pieces?.() ?? []);
    await all(content);
    expect(passed).toBe(0);
    content.arrived?.(512);
    expect(passed).toBe(512);
    await prepared.close();
  });

  it('counts progress, and stops when it is told to, leaving nothing', async () => {
    let passed = 0;
    const source = await place.file('disk', disk);
    await through(source, [raw], {}, { progress: (bytes) => void (passed += bytes) });
    expect(passed).toBe(disk.length);
    const stopping = new AbortController();
    const big = guestDisk(3 << 20, 7);
    for (const accept of [gz, raw, { format: 'qcow2' } as const]) {
      const stopper = { signal: stopping.signal, progress: () => stopping.abort(130) };
      await failure(through(stream(big), [accept], {}, stopper), 'ABORTED');
      expect(place.left()).toEqual([]);
    }
  });
});

describe('limits', () => {
  it.each<[string, () => Source, Accept]>([
    ['a stream', () => stream(disk), { ...raw, maxBytes: disk.length - 1 }],
    ['a stream that is compressed into a temporary file', () => stream(disk), { ...gz, maxBytes: 1000 }],
    ['a compressed disk', () => stream(made.gzip), { ...raw, maxVirtualBytes: disk.length - 1 }],
    ['the disk in a stream', () => stream(Buffer.concat([disk, Buffer.alloc(2 << 20)])), { ...raw, maxVirtualBytes: 2 << 20 }],
  ])('stop %s', async (_name, source, accept) => {
    expect((await failure(through(source(), [accept]), 'LIMIT')).message).toMatch(/than|above|more/);
    expect(place.left()).toEqual([]);
  });

  it('stop a small file that unfolds without an end', async () => {
    const header = made.qcow2.subarray(0, 64 << 10);
    const flushed = { level: 1, finishFlush: constants.Z_FULL_FLUSH };
    const zeros = deflateRawSync(Buffer.alloc(1 << 20), flushed);
    const bomb = [gzipSync(header, flushed), ...Array.from({ length: 1050 }, () => zeros)];
    await failure(through(stream(Buffer.concat(bomb)), [raw]), 'LIMIT');
  });
});

describe('what is wrong', () => {
  it('a checksum that the bytes do not have ends the stream before its last chunk', async () => {
    const wrong = { algorithm: 'sha256', hex: '0'.repeat(64) };
    for (const source of [await place.file('disk', disk), stream(disk), remote(disk).source]) {
      const prepared = await prepare(source, [raw], { ...noWishes, checksum: wrong }, meansIn(place.folder()));
      const content = await prepared.content();
      let got = 0;
      const reading = (async () => {
        for await (const chunk of content.open()) got += chunk.length;
      })();
      await failure(reading, 'INTEGRITY');
      expect(got).toBeLessThan(disk.length);
      await prepared.close();
    }
    for (const source of [await place.file('disk', made.qcow2), stream(made.qcow2), remote(made.qcow2).source])
      await failure(through(source, [raw], { checksum: wrong }), 'INTEGRITY');
    const md5 = { algorithm: 'md5', hex: hex('md5', made.qcow2) };
    expect((await through(stream(made.qcow2), [raw], { checksum: md5 })).bytes.equals(disk)).toBe(true);
  });

  it('a digest that was published counts as well', async () => {
    await failure(through(remote(disk, { digests: { sha512: '0'.repeat(128) } }).source, [raw]), 'INTEGRITY');
    await failure(through(remote(made.qcow2, { digests: { md5: '0'.repeat(32) } }).source, [raw]), 'INTEGRITY');
  });

  it('a server that gives something else the second time', async () => {
    let turn = 0;
    const { source } = remote(disk);
    const lying: Source = {
      ...source,
      open: (from, to) => (turn++ === 0 ? source.open(from, to) : chunked(guestDisk(disk.length, 9))),
    };
    await failure(through(lying, [raw]), 'INTEGRITY');
  });

  it('an image that needs another file, whatever it is wrapped in or sent as', async () => {
    const evil = Buffer.from(made.qcow2);
    evil.writeBigUInt64BE(1024n, 8);
    evil.writeUInt32BE(5, 16);
    evil.write('/dev/', 1024);
    for (const image of [evil, gzipSync(evil)])
      for (const accept of [raw, gz, { format: 'qcow2' } as const]) {
        const { hint } = (await failure(through(stream(image), [accept]), 'INTEGRITY')).circumstances;
        expect(hint?.includes('--allow-unsafe')).toBe(accept.format === 'qcow2');
        await failure(through(await place.file('evil', image), [accept]), 'INTEGRITY');
      }
    const meant = await through(await place.file('evil', evil), [{ format: 'qcow2' }], { allowUnsafe: ['backing_file'] });
    expect([meant.bytes.equals(evil), meant.contentId]).toEqual([true, undefined]);
    await failure(through(await place.file('evil', evil), [raw], { allowUnsafe: ['backing_file'] }), 'INTEGRITY');
  });

  it('a format that the user contradicts', async () => {
    await failure(through(await place.file('disk', made.qcow2), [raw], { fromFormat: 'raw' }), 'USAGE');
  });
});

describe('what is known beforehand', () => {
  it('a published SHA-256 is that of what is sent as it is, and is not computed again', async () => {
    const sha256 = hex('sha256', disk);
    const prepared = await prepare(remote(disk, { digests: { sha256 } }).source, [raw], noWishes, meansIn(place.folder()));
    const content = await prepared.content();
    expect([content.sha256, content.sent()]).toEqual([sha256, { bytes: disk.length, digests: { sha256 } }]);
    await all(content);
    expect(content.sent()).toEqual({ bytes: disk.length, digests: { sha256 } });
    expect(await prepared.digest('sha256')).toBe(sha256);
    await prepared.close();
  });

  it('what was found in a disk, which is read once for it', async () => {
    const source = await place.file('disk', made.qcow2);
    const { random } = source;
    if (!random) throw new Error('a file can be read at any place');
    let reads = 0;
    const read: typeof random.read = (...args) => random.read(...args).finally(() => (reads += 1));
    const counted = { ...source, random: { ...random, read } };
    const prepared = await prepare(counted, [{ format: 'qcow2' }], noWishes, meansIn(place.folder()));
    expect(await prepared.contentId()).toBe(rightId);
    const once = reads;
    expect([await prepared.contentId(), reads]).toEqual([rightId, once]);
    await prepared.close();
  });

  it('digest and content id of a file, before it is sent', async () => {
    const prepared = await prepare(
      await place.file('disk', made.qcow2),
      [{ format: 'qcow2' }],
      noWishes,
      meansIn(place.folder()),
    );
    expect(await prepared.contentId()).toBe(rightId);
    expect(await prepared.digest('sha512')).toBe(hex('sha512', made.qcow2));
    await prepared.close();
    const converted = await prepare(await place.file('disk', made.qcow2), [raw], noWishes, meansIn(place.folder()));
    expect(await converted.digest('sha256')).toBeUndefined();
    await converted.close();
  });
});
