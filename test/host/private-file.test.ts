import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cachedNames } from '../../src/cli/completion/image-name-cache.ts';
import { createCache } from '../../src/host/cache.ts';
import { isPrivateFolder, readPrivateFile } from '../../src/host/private-file.ts';
import { loaderWith } from '../../src/host/code-cache.ts';
import { readBook } from '../../src/profiles/store.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'imgctl-own-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const fifo = (file: string): unknown => execFileSync('mkfifo', ['-m', '666', file]);
const elsewhere = (file: string): string => {
  const other = path.join(root, 'elsewhere');
  renameSync(file, other);
  return other;
};

/** What somebody else may have put in the place of a file of ours, or done to the folders it lies in. */
const plants: Readonly<Record<string, (file: string) => void>> = {
  'a link to a file of our own': (file) => symlinkSync(elsewhere(file), file),
  'a second name of a file of our own': (file) => linkSync(elsewhere(file), file),
  'a link to standard input': (file) => {
    rmSync(file);
    symlinkSync('/proc/self/fd/0', file);
  },
  'a FIFO': (file) => {
    rmSync(file);
    fifo(file);
  },
  'a link to a FIFO': (file) => {
    rmSync(file);
    fifo(`${file}.fifo`);
    symlinkSync(`${file}.fifo`, file);
  },
  'a folder': (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  'a file that anybody may write to': (file) => chmodSync(file, 0o666),
  'a file that a group may write to': (file) => chmodSync(file, 0o620),
  'a file in a folder that anybody may write to': (file) => chmodSync(path.dirname(file), 0o777),
  'a file in a folder in such a one': (file) => chmodSync(path.dirname(path.dirname(file)), 0o777),
  'a file behind a link of a folder': (file) => {
    renameSync(path.dirname(file), path.join(root, 'real'));
    symlinkSync(path.join(root, 'real'), path.dirname(file));
  },
  ...(isRoot
    ? {
        "another user's file": (file: string) => chownSync(file, 65_534, 65_534),
        "a file in another user's folder": (file: string) => chownSync(path.dirname(file), 65_534, 65_534),
      }
    : {}),
};
const each = Object.entries(plants);

function own(name: string, content: string): string {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

describe('a file of our own', () => {
  const readIt = (file: string): string | undefined => {
    try {
      return isPrivateFolder(path.dirname(file)) ? readPrivateFile(file).toString() : undefined;
    } catch {
      return undefined;
    }
  };

  it('is read', () => {
    expect(readIt(own('imgctl/code/v1', 'text'))).toBe('text');
  });

  it.each(each)('is not %s', (_what, plant) => {
    const file = own('imgctl/code/v1', 'text');
    plant(file);
    expect(readIt(file)).toBeUndefined();
  });
});

describe('kept code', () => {
  it.each(each)('is not taken from %s', (_what, plant) => {
    const main = own('program/main.cjs', `module.exports = require('./part-abcdefgh.cjs');`);
    own('program/part-abcdefgh.cjs', `exports.answer = 'ours';`);
    const kept = path.join(root, 'imgctl', 'code', 'v1');
    const keep = loaderWith(kept);
    // As long as ours, and V8 compares no more.
    own('program/part-abcdefgh.cjs', `exports.answer = 'evil';`);
    keep.load(main);
    keep.keep();
    own('program/part-abcdefgh.cjs', `exports.answer = 'ours';`);
    expect(loaderWith(kept).load(main), 'V8 takes it').toEqual({ answer: 'evil' });
    plant(kept);
    const loader = loaderWith(kept);
    expect(loader.load(main)).toEqual({ answer: 'ours' });
    loader.keep();
  });
});

describe('kept documents and names', () => {
  const key = 'a'.repeat(64);

  it.each(each)('are not taken from %s', async (_what, plant) => {
    const document = own(`imgctl/documents/${key}`, 'text');
    const cacheNow = () => createCache(path.dirname(document), Date.now);
    expect(await cacheNow().get(key)).toBe('text');
    plant(document);
    expect(await cacheNow().get(key)).toBeUndefined();
  });

  it.each(each)('of images are not taken from %s', async (_what, plant) => {
    const names = own('imgctl/names/p.json', JSON.stringify({ at: 1000, images: [['id', 'web']], channels: [], places: [] }));
    const home = { env: { XDG_CACHE_HOME: root }, home: root, platform: 'linux' as const };
    expect((await cachedNames('p', home, 2000)).images).toHaveLength(1);
    plant(names);
    expect((await cachedNames('p', home, 2000)).images).toEqual([]);
  });

  it('a cache in a folder of somebody else’s leaves all that is there alone', async () => {
    const theirs = own(`real/${key}`, 'theirs');
    symlinkSync(path.dirname(theirs), path.join(root, 'documents'));
    const cache = createCache(path.join(root, 'documents'), () => Date.now() + 365 * 86_400_000);
    await cache.put('b'.repeat(64), 'ours');
    expect(readPrivateFile(theirs).toString()).toBe('theirs');
    expect(await cache.get('b'.repeat(64))).toBeUndefined();
  });
});

describe('the profile store', () => {
  const content = JSON.stringify({ version: 1, profiles: {} });

  it('may be a link, as some keep it elsewhere', async () => {
    const file = own('imgctl/config.json', content);
    symlinkSync(elsewhere(file), file);
    expect(await readBook(path.dirname(file))).toEqual({ version: 1, profiles: {} });
  });

  it.each([
    ['a FIFO', 'is not a regular file'],
    ['a link to a FIFO', 'is not a regular file'],
    ['a file that anybody may write to', 'can be written to by anybody'],
  ])('is refused where it is %s', async (what, message) => {
    const file = own('imgctl/config.json', content);
    plants[what]?.(file);
    await expect(readBook(path.dirname(file))).rejects.toMatchObject({ code: 'CONFIG', message: `${file} ${message}` });
  });
});
