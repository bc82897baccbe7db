import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCache, type CacheLimits } from '../../src/host/cache.ts';

const hour = 3_600_000;
const limits: CacheLimits = { entryBytes: 1000, totalBytes: 2500, ageMs: 10 * hour, betweenSweepsMs: hour };
const key = (digit: string): string => digit.repeat(64);
let home: string;
let folder: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'imgctl-cache-'));
  folder = path.join(home, 'deep', 'documents');
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** A cache as a run at that time opens it, ms since 1970. */
const opened = (now: number = Date.now()) => createCache(folder, () => now, limits);
const aged = (name: string, ms: number) => utimes(path.join(folder, name), (Date.now() - ms) / 1000, (Date.now() - ms) / 1000);
const kept = async () => (await readdir(folder)).filter((name) => name !== 'swept').sort();

describe('the cache', () => {
  it('gives in a later run what was put into it, and nothing for any other key', async () => {
    await opened().put(key('a'), 'a text with ünïcode');
    expect(await opened().get(key('a'))).toBe('a text with ünïcode');
    expect(await opened().get(key('b'))).toBeUndefined();
  });

  it('gives bytes that are no text as they were put, in one piece', async () => {
    await opened().putBytes(key('a'), [Buffer.from([0xff, 0]), Buffer.from('ü')]);
    expect(Buffer.from((await opened().getBytes(key('a'))) ?? [])).toEqual(Buffer.from([0xff, 0, 0xc3, 0xbc]));
    await opened().putBytes(key('b'), [Buffer.alloc(600), Buffer.alloc(600)]);
    expect(await opened().getBytes(key('b'))).toBeUndefined();
  });

  it('is readable by its owner alone', async () => {
    await opened().put(key('a'), 'text');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(folder)) expect((await stat(path.join(folder, name))).mode & 0o777, name).toBe(0o600);
  });

  it('takes no key that could be a path, and no text that is too long', async () => {
    for (const name of ['../outside', key('A'), 'a', `${key('a')}/b`]) {
      await opened().put(name, 'text');
      expect(await opened().get(name)).toBeUndefined();
    }
    await opened().put(key('a'), 'x'.repeat(1001));
    expect(await opened().get(key('a'))).toBeUndefined();
    expect(await readdir(home)).toEqual([]);
  });

  it('fails nobody where it cannot write or read', async () => {
    await writeFile(path.join(home, 'deep'), 'a file in the way');
    const cache = opened();
    await cache.put(key('a'), 'text');
    expect(await cache.get(key('a'))).toBeUndefined();
    expect(await readFile(path.join(home, 'deep'), 'utf8')).toBe('a file in the way');
  });

  it('leaves nothing but whole entries when many write at once', async () => {
    const text = 'x'.repeat(900);
    await Promise.all(Array.from({ length: 40 }, (_, n) => opened().put(key(n % 2 === 0 ? 'a' : 'b'), text)));
    expect(await kept()).toEqual([key('a'), key('b')]);
    expect(await opened().get(key('a'))).toBe(text);
  });

  it('lets go of what is too old and of the oldest above its size, once in a while', async () => {
    const cache = opened();
    for (const digit of ['a', 'b', 'c', 'd']) await cache.put(key(digit), digit.repeat(900));
    await aged(key('a'), 11 * hour);
    await aged(key('b'), 3 * hour);
    await aged(key('c'), 2 * hour);
    await writeFile(path.join(folder, 'foreign'), 'x'.repeat(5000));
    await opened().put(key('e'), 'e');
    expect((await kept()).length).toBe(6);
    // Of b, c and d only two are small enough together.
    await opened(Date.now() + 2 * hour).put(key('e'), 'e');
    expect(await kept()).toEqual([key('c'), key('d'), key('e'), 'foreign'].sort());
  });
});
