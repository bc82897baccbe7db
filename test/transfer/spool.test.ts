import { statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { spool } from '../../src/transfer/spool.ts';
import { guestDisk } from '../support/disk-images.ts';
import { all, chunked, failure, stage } from './sources.ts';

const place = stage();
const disk = guestDisk(1 << 20, 2);

describe('a temporary file', () => {
  it('is private, sparse, read at any place, and gone once it is closed', async () => {
    const bytes = Buffer.concat([disk, Buffer.alloc(16 << 20)]);
    const source = await spool(chunked(bytes), place.folder(), 'standard input', bytes.length, true);
    expect([source.name, source.bytes, source.near]).toEqual(['standard input', bytes.length, true]);
    const file = statSync(source.path ?? '');
    expect([file.mode & 0o77, statSync(path.dirname(source.path ?? '')).mode & 0o77]).toEqual([0, 0]);
    expect(file.blocks * 512).toBeLessThan(4 << 20);
    expect((await all(source)).equals(bytes)).toBe(true);
    expect(Buffer.from((await source.random?.read(100, 50)) ?? []).equals(disk.subarray(100, 150))).toBe(true);
    await source.close();
    expect(place.left()).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'has no name where nobody needs one, so that nothing outlives the process',
    async () => {
      const seen: (readonly string[])[] = [];
      async function* bytes() {
        yield disk;
        seen.push(place.left());
      }
      const source = await spool(bytes(), place.folder(), 'x');
      expect([seen, source.path, (await all(source)).equals(disk)]).toEqual([[[]], undefined, true]);
      await source.close();
    },
  );

  it('is not begun where there is no room for it', async () => {
    let asked = false;
    async function* bytes() {
      asked = true;
      yield disk;
    }
    const refused = await failure(spool(bytes(), place.folder(), 'x', 2 ** 60), 'LOCAL');
    expect(refused.circumstances.hint).toContain('TMPDIR');
    expect([asked, place.left()]).toEqual([false, []]);
    await failure(spool(bytes(), path.join(place.folder(), 'none'), 'x'), 'LOCAL');
  });

  it('is gone when its bytes end in a failure', async () => {
    async function* broken() {
      yield disk;
      throw new Error('broken');
    }
    await expect(spool(broken(), place.folder(), 'x')).rejects.toThrow('broken');
    expect(place.left()).toEqual([]);
  });
});
