import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRunning, processId } from '../../src/host/process-id.ts';
import { spool, privateTemporaryFolder } from '../../src/transfer/spool.ts';
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

describe('a folder for temporary files', () => {
  it('that a killed run has left is cleared away by the next one, and nothing else is', async () => {
    const [where = ''] = processId().split('-');
    const { pid } = spawnSync(process.execPath, ['--version']);
    const dead = `${where}-${pid}-1`;
    expect(isRunning(dead)).toBe(false);
    const others = [
      `imgctl-${processId()}-abcdef`,
      `imgctl-00000000-${pid}-1-abcdef`,
      `imgctl-${dead}-abc`,
      `imgctl-${dead}-abcdef-mine`,
      `my-imgctl-${dead}-abcdef`,
      'imgctl-abcdef',
    ];
    const inPlace = (name: string): string => path.join(place.folder(), name);
    for (const name of [...others, `imgctl-${dead}-abcdef`, 'precious']) {
      mkdirSync(inPlace(name));
      writeFileSync(path.join(inPlace(name), 'disk'), 'x');
    }
    const link = `imgctl-${dead}-linked`;
    symlinkSync(inPlace('precious'), inPlace(link));
    const file = `imgctl-${dead}-afiles`;
    writeFileSync(inPlace(file), 'x');
    const own = await privateTemporaryFolder(place.folder());
    const left = [...others, link, file, 'precious'];
    expect(place.left().toSorted()).toEqual([...left, path.basename(own.path)].toSorted());
    expect(statSync(path.join(inPlace('precious'), 'disk')).size).toBe(1);
    expect(statSync(own.path).mode & 0o77).toBe(0);
    await own.remove();
    expect(place.left().toSorted()).toEqual(left.toSorted());
  });
});
