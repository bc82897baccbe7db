import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { canStream, inspect, readRuns, streamRuns } from '../../../src/transfer/formats/index.ts';
import { sourceOfBytes } from '../../../src/transfer/formats/byte-reader.ts';
import * as images from '../../support/disk-images.ts';
import type { Runs } from '../../../src/transfer/extents.ts';
import { contentIdOf } from '../../../src/transfer/writers/content-id.ts';
import { planQcow2 } from '../../../src/transfer/writers/qcow2-plan.ts';
import { qcow2Bytes } from '../../../src/transfer/writers/qcow2.ts';
import { rawBytes } from '../../../src/transfer/writers/raw.ts';
import { drain, gather, handle, rejectsOf, sha256, streamOf } from './draining.ts';

const disk = images.guestDisk((3 << 20) + 512);
const small = images.guestDisk(300 * 1024 + 512, 5);

interface Case {
  readonly name: string;
  readonly image: Buffer;
  readonly disk: Buffer;
  readonly format: string;
  readonly subformat?: string;
  readonly kinds: readonly string[];
}

const qcow2s = [9, 10, 12, 14, 16, 18, 20, 21].flatMap((clusterBits): Case[] => {
  const guest = clusterBits < 12 ? small : disk;
  const make = (options: images.Qcow2Options) => images.qcow2Image(guest, { clusterBits, ...options });
  const base = { disk: guest, format: 'qcow2' };
  return [
    { ...base, name: `v2 ${clusterBits}`, image: make({ version: 2 }), subformat: 'v2', kinds: ['data', 'zero'] },
    { ...base, name: `v3 ${clusterBits}`, image: make({}), subformat: 'v3', kinds: ['data', 'zero'] },
    { ...base, name: `zlib ${clusterBits}`, image: make({ compression: 'zlib' }), subformat: 'v3', kinds: ['deflate'] },
    // The frames made here keep their content as it is: in clusters of 512 bytes they would take more room than an entry can say.
    ...(clusterBits < 10
      ? []
      : [{ ...base, name: `zstd ${clusterBits}`, image: make({ compression: 'zstd' }), subformat: 'v3', kinds: ['data'] }]),
    ...(clusterBits < 14
      ? []
      : [
          { ...base, name: `extended ${clusterBits}`, image: make({ extended: true }), subformat: 'v3', kinds: ['data', 'zero'] },
        ]),
    ...(clusterBits < 14 ? [] : [{ ...base, name: `extended zlib ${clusterBits}`, image: make({ extended: true, compression: 'zlib' }), subformat: 'v3', kinds: ['deflate'] }]), // prettier-ignore
  ];
});

const others: Case[] = [
  {
    name: 'vmdk stream',
    image: images.vmdkStreamImage(disk),
    disk,
    format: 'vmdk',
    subformat: 'streamOptimized',
    kinds: ['deflate'],
  },
  {
    name: 'vmdk sparse',
    image: images.vmdkSparseImage(disk),
    disk,
    format: 'vmdk',
    subformat: 'monolithicSparse',
    kinds: ['data', 'zero'],
  },
  { name: 'vhd fixed', image: images.vhdFixedImage(disk), disk, format: 'vhd', subformat: 'fixed', kinds: ['data', 'zero'] },
  {
    name: 'vhd dynamic',
    image: images.vhdDynamicImage(disk),
    disk,
    format: 'vhd',
    subformat: 'dynamic',
    kinds: ['data', 'zero'],
  },
  {
    name: 'vhd dynamic, 2 MiB',
    image: images.vhdDynamicImage(disk, 2 << 20),
    disk,
    format: 'vhd',
    subformat: 'dynamic',
    kinds: ['data', 'zero'],
  },
  { name: 'vdi', image: images.vdiImage(disk), disk, format: 'vdi', subformat: 'dynamic', kinds: ['data', 'zero'] },
  { name: 'vhdx', image: images.vhdxImage(disk), disk, format: 'vhdx', kinds: ['data', 'zero'] },
  { name: 'raw', image: disk, disk, format: 'raw', subformat: 'mbr', kinds: ['data', 'zero'] },
  { name: 'raw in a tar', image: images.tarImage(disk), disk, format: 'tar', subformat: 'raw mbr', kinds: ['data', 'zero'] },
  {
    name: 'qcow2 in a tar',
    image: images.tarImage(images.qcow2Image(disk)),
    disk,
    format: 'tar',
    subformat: 'qcow2 v3',
    kinds: ['data', 'zero'],
  },
];

describe('every format gives the bytes of the disk', () => {
  test.each([...qcow2s, ...others])('$name', async ({ image, disk: guest, format, subformat, kinds }) => {
    const { inspection, drained } = await handle(image, Infinity);
    expect(inspection).toMatchObject({ format, fileBytes: image.length, virtualBytes: guest.length, findings: [] });
    expect(inspection.subformat).toBe(subformat);
    expect(inspection.compression).toBeUndefined();
    expect(drained?.sha256).toBe(sha256(guest));
    expect(Object.keys(drained?.kinds ?? {})).toEqual(expect.arrayContaining([...kinds]));
    expect(drained?.longestData).toBeLessThanOrEqual(format === 'qcow2' ? 2 << 20 : 1 << 20);
  });

  test.each(others)('$name inside gzip is told by its beginning', async ({ image, format, disk: guest }) => {
    const { inspection, drained } = await handle(gzipSync(image, { level: 1 }), Infinity);
    // The footer of a fixed VHD and all of a raw disk are only known after the last byte.
    expect(inspection).toMatchObject({
      format: format === 'vhd' && drained?.bytes === image.length - 512 && !image.includes('cxsparse') ? 'raw' : format,
      compression: 'gzip',
    });
    expect(rejectsOf(inspection)).toEqual([]);
    expect(drained?.sha256).toBe(sha256(guest));
  });
});

describe('allocatedBytes', () => {
  test('counts what the tables have data for', async () => {
    const guest = Buffer.alloc(10 << 20);
    guest.fill(1, 1 << 20, (1 << 20) + 100);
    guest.fill(2, 5 << 20, (5 << 20) + (64 << 10));
    const allocated = async (image: Buffer) => (await inspect(sourceOfBytes(image))).allocatedBytes;
    expect(await allocated(images.qcow2Image(guest))).toBe(2 * (64 << 10));
    expect(await allocated(images.qcow2Image(guest, { compression: 'zlib' }))).toBe(2 * (64 << 10));
    expect(await allocated(images.vdiImage(guest))).toBe(2 << 20);
    expect(await allocated(guest)).toBeUndefined();
  });
});

describe('runs', () => {
  test('adjacent data is joined to runs of at most 1 MiB, zeros to one run', async () => {
    const guest = Buffer.alloc(8 << 20, 1).fill(0, 0, 5 << 20);
    const runs: [string, number][] = [];
    const source = sourceOfBytes(images.qcow2Image(guest, { clusterBits: 9 }));
    for await (const run of readRuns(source, await inspect(source))) runs.push([run.kind, run.length]);
    // The reader takes the second-level tables 64 at a time, and a run does not go beyond that: 64 tables of 32 KiB are 2 MiB.
    expect(runs).toEqual([
      ['zero', 5 << 20],
      ['data', 1 << 20],
      ['data', 1 << 20],
      ['data', 1 << 20],
    ]);
  });

  test('a deflate run is a raw deflate stream with slack behind it', async () => {
    const { inflateRawSync, constants } = await import('node:zlib');
    for (const image of [images.qcow2Image(disk, { compression: 'zlib' }), images.vmdkStreamImage(disk)]) {
      const source = sourceOfBytes(image);
      let seen = 0;
      for await (const run of readRuns(source, await inspect(source))) {
        if (run.kind !== 'deflate') continue;
        seen += 1;
        const inflated = inflateRawSync(await run.deflated(), { finishFlush: constants.Z_SYNC_FLUSH });
        expect(inflated.equals(await run.read())).toBe(true);
      }
      expect(seen).toBeGreaterThan(5);
    }
  });

  test('neighbouring compressed clusters cost one read, and what is not asked for is not read', async () => {
    const image = images.qcow2Image(Buffer.alloc(4 << 20, 'all of it can be compressed. '), { compression: 'zlib' });
    let reads = 0;
    const base = sourceOfBytes(image);
    const source = { size: base.size, read: (at: number, length: number) => ((reads += 1), base.read(at, length)) };
    const inspection = await inspect(source);
    reads = 0;
    const all = [];
    for await (const run of readRuns(source, inspection)) if (run.kind === 'deflate') all.push(run);
    const before = reads;
    await Promise.all(all.map((run) => run.read()));
    expect(all.length).toBeGreaterThan(20);
    expect(reads - before).toBeLessThan(all.length / 4);
  });

  test('a file that ends too early is an error, never zeros', async () => {
    for (const { image } of [...others, ...qcow2s.slice(0, 8)]) {
      const source = sourceOfBytes(image);
      const inspection = await inspect(source);
      const cut = sourceOfBytes(image.subarray(0, image.length >> 1));
      // A raw disk has nothing that tells how long it was.
      if (inspection.format === 'raw') continue;
      await expect(drain(readRuns(cut, inspection))).rejects.toMatchObject({ code: 'INTEGRITY' });
      // A source that shrinks while it is read.
      const shrinking = {
        size: image.length,
        read: (at: number, length: number) => source.read(at, Math.min(length, Math.max(0, (image.length >> 1) - at))),
      };
      await expect(drain(readRuns(shrinking, inspection))).rejects.toMatchObject({ code: 'INTEGRITY' });
    }
  });

  test('a file that is of another format now, or compressed, is refused', async () => {
    const inspection = await inspect(sourceOfBytes(images.qcow2Image(disk)));
    await expect(drain(readRuns(sourceOfBytes(disk), inspection))).rejects.toMatchObject({ code: 'INTEGRITY' });
    await expect(drain(readRuns(sourceOfBytes(gzipSync(disk)), inspection))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describe('streamRuns', () => {
  test('gives a raw disk in order, zeros as zeros', async () => {
    for (const size of [1000, 64 << 10, (1 << 20) + 7]) {
      const drained = await drain(streamRuns(streamOf(disk, size), {}));
      expect(drained).toMatchObject({ bytes: disk.length, sha256: sha256(disk) });
      expect(drained.kinds['zero']).toBeGreaterThan(100_000);
    }
  });

  test('is for what needs no tables', async () => {
    expect(canStream(await inspect(sourceOfBytes(disk)))).toBe(true);
    expect(canStream(await inspect(sourceOfBytes(images.qcow2Image(disk))))).toBe(false);
    expect(canStream(await inspect(sourceOfBytes(images.vmdkSparseImage(disk))))).toBe(false);
  });
});

describe('the memory that stored data is read into', () => {
  /** A raw disk, half of it zeros, that counts the pieces of memory it is read into. */
  function counted(bytes: Buffer) {
    const memories = new Set<Uint8Array>();
    const source = {
      ...sourceOfBytes(bytes),
      readInto(memory: Uint8Array, offset: number) {
        memories.add(memory);
        // Whoever still needed what was there before is found out.
        memory.fill(0xee);
        return Promise.resolve(memory.subarray(0, bytes.copy(memory, 0, offset)));
      },
    };
    return { source, memories };
  }
  const large = Buffer.concat(
    Array.from({ length: 12 }, (_, n) => images.guestDisk(2 << 20, n + 1)).flatMap((part) => [part, Buffer.alloc(2 << 20)]),
  );

  test('is used again, and never too early', async () => {
    const inspection = await inspect(sourceOfBytes(large));
    const through: readonly [string, (runs: Runs) => Promise<string>][] = [
      ['raw', async (runs) => sha256(await gather(rawBytes(runs)))],
      ['content id', (runs) => contentIdOf(runs)],
      [
        'qcow2',
        async (runs) => sha256(await gather(qcow2Bytes(await planQcow2(readRuns(sourceOfBytes(large), inspection)), runs))),
      ],
    ];
    for (const [name, read] of through) {
      const { source, memories } = counted(large);
      expect(await read(readRuns(source, inspection)), name).toBe(await read(readRuns(sourceOfBytes(large), inspection)));
      expect(memories.size, name).toBeLessThan(16);
    }
    const { source, memories } = counted(large);
    expect(await planQcow2(readRuns(source, inspection))).toEqual(await planQcow2(readRuns(sourceOfBytes(large), inspection)));
    expect(memories.size, 'a pass that wants no data').toBeLessThan(8);
  });

  test('is kept as long as nobody says that it is done with', async () => {
    const { source, memories } = counted(large);
    expect((await drain(readRuns(source, await inspect(sourceOfBytes(large))))).sha256).toBe(sha256(large));
    expect(memories.size).toBeGreaterThan(20);
  });
});
