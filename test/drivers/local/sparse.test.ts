import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, linkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { testCall } from '../../conformance/stage.ts';
import { contentOf, gather } from '../../support/content.ts';
import { makeBench } from './bench.ts';

const MiB = 1024 * 1024;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A disk of 16 MiB with `data` bytes at each of the places, and zeros between. */
function thin(places: readonly number[], data: number): Buffer {
  const disk = Buffer.alloc(16 * MiB);
  for (const at of places) for (let n = at; n < Math.min(at + data, disk.length); n += 1) disk[n] = 1 + (n % 255);
  return disk;
}

const roomIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).blocks * 512, 0);

describe('zeros of a disk in a folder', () => {
  it.each([
    ['in the middle', thin([0, 10 * MiB], 64 * 1024)],
    ['at the end', thin([MiB], 64 * 1024)],
    ['at the beginning', thin([16 * MiB - 4096], 4096)],
    ['all over', Buffer.alloc(16 * MiB)],
    ['beside what begins in the middle of a block', thin([1000, 5 * MiB + 17], 70_000)],
  ])('(%s) take no room, nor in a place, and are there when it is read', async (_where, disk) => {
    const bench = makeBench(['second']);
    const data = disk.reduce((sum, byte) => sum + (byte === 0 ? 0 : 1), 0);
    for (const [layout, known] of [
      ['single', true],
      ['single', false],
      ['layers', false],
    ] as const) {
      const content = contentOf(disk, { format: 'raw' }, disk.length, { blind: !known });
      const { id, checksums } = await bench.session
        .require('upload')
        .run({ description: { name: `known: ${known}` }, content, extras: { layout } }, testCall());
      expect(checksums?.sha256).toBe(layout === 'single' ? sha256(disk) : undefined);
      await bench.session.require('replicate').run({ id, add: ['second'], remove: [] }, testCall());
      for (const folder of [bench.folder, path.join(bench.root, 'second')]) {
        // Some file systems give room by larger blocks than others; documents are a few KiB.
        expect(roomIn(path.join(folder, 'blobs', 'sha256')), layout).toBeLessThanOrEqual(data * 1.1 + 96 * 1024);
        const file = path.join(folder, 'blobs', 'sha256', sha256(disk));
        if (layout === 'single') expect(readFileSync(file).equals(disk)).toBe(true);
      }
      expect((await gather((await bench.session.require('download').run({ id }, testCall())).open())).equals(disk)).toBe(true);
      await bench.remove(id);
    }
  });

  it('are hashed once: by whoever sends, or, where the digest was said beforehand, by the folder', async () => {
    const bench = makeBench();
    const disk = thin([0], 4096);
    for (const blind of [true, false]) {
      let asked = 0;
      const made = contentOf(disk, { format: 'raw' }, disk.length, { blind });
      const content = { ...made, sent: () => ((asked += 1), made.sent()) };
      const request = { description: { name: 'x' }, content, extras: { layout: 'single' } };
      await bench.session.require('upload').run(request, testCall());
      expect(asked > 0).toBe(blind);
    }
  });
});

describe('a file of ours in whose place something else lies', () => {
  it.each([
    ['a link', (victim: string, file: string) => symlinkSync(victim, file)],
    ['a second name', (victim: string, file: string) => linkSync(victim, file)],
    ['a folder', (_victim: string, file: string) => mkdirSync(file)],
  ])('(%s) is not written through', async (_what, plant) => {
    for (const name of ['unsettled', 'records.tsv']) {
      const bench = makeBench();
      mkdirSync(bench.path('imgctl'), { recursive: true });
      const victim = path.join(bench.root, 'victim');
      writeFileSync(victim, 'precious');
      plant(victim, bench.path('imgctl', name));
      const made = await bench.create('x').catch((error: unknown) => error);
      await bench.list().catch(() => undefined);
      expect(readFileSync(victim, 'utf8'), name).toBe('precious');
      if (made instanceof Error) expect(made).toMatchObject({ code: 'LOCAL' });
    }
  });
});
