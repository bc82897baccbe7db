import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { abortedError, localError, networkError, type Code } from '../../src/core/errors.ts';
import { saveTo, type Saving } from '../../src/transfer/save.ts';
import type { Source } from '../../src/transfer/source.ts';
import { guestDisk } from '../support/disk-images.ts';
import { chunked, failure, remote, stage } from './sources.ts';

const place = stage();
const disk = guestDisk(2 << 20, 8);
const hex = (algorithm: string, bytes: Uint8Array = disk): string => createHash(algorithm).update(bytes).digest('hex');
const out = (): string => path.join(place.folder(), 'out.raw');
const saving = (more: Partial<Saving> = {}): Saving => ({
  force: false,
  resume: false,
  identity: 'image/1',
  progress: () => undefined,
  warn: () => undefined,
  ...more,
});

/** Gives so many bytes and then fails. */
function breakingAt(at: number, error: Error, facts: object = {}): Source {
  const { source } = remote(disk, facts);
  return {
    ...source,
    async *open(from = 0) {
      yield* chunked(disk.subarray(from, at));
      throw error;
    },
  };
}

describe('a file that is saved', () => {
  it('has its name once all of it is there and verified by the strongest digest', async () => {
    const digests = { md5: 'x', sha256: 'y', sha512: hex('sha512').toUpperCase() };
    const saved = await saveTo(out(), remote(disk, { digests }).source, saving());
    expect(saved).toEqual({ path: out(), bytes: disk.length, digests: { sha512: hex('sha512') }, verifiedBy: 'sha512' });
    expect(readFileSync(out()).equals(disk)).toBe(true);
    expect(place.left()).toEqual(['out.raw']);
  });

  it('has its SHA-256 told where nobody published a digest, and is not called verified', async () => {
    const saved = await saveTo(out(), remote(disk).source, saving());
    expect([saved.digests, saved.verifiedBy]).toEqual([{ sha256: hex('sha256') }, undefined]);
  });

  it('takes no room for zeros, and is as long as it must be', async () => {
    const sparse = Buffer.concat([Buffer.alloc(8 << 20), disk, Buffer.alloc((8 << 20) + 5)]);
    await saveTo(out(), remote(sparse).source, saving());
    expect(readFileSync(out()).equals(sparse)).toBe(true);
    expect(statSync(out()).blocks * 512).toBeLessThan(4 << 20);
  });

  it.each<[string, () => Source, Partial<Saving>, Code]>([
    ['a digest that differs', () => remote(disk, { digests: { sha256: '0'.repeat(64) } }).source, {}, 'INTEGRITY'],
    [
      'a checksum of the user that differs',
      () => remote(disk, { digests: { sha256: hex('sha256') } }).source,
      { checksums: [{ algorithm: 'md5', hex: '0' }] },
      'INTEGRITY',
    ],
    ['too few bytes', () => ({ ...remote(disk.subarray(1)).source, bytes: disk.length }), {}, 'INTEGRITY'],
    ['too many bytes', () => ({ ...remote(disk).source, bytes: 100 }), {}, 'INTEGRITY'],
    ['a broken connection', () => breakingAt(1 << 20, networkError('reset')), {}, 'NETWORK'],
    ['Ctrl-C', () => breakingAt(1 << 20, abortedError('stopped')), {}, 'ABORTED'],
  ])('is not there after %s', async (_name, source, more, code) => {
    await failure(saveTo(out(), source(), saving(more)), code);
    expect(place.left()).toEqual([]);
  });

  it('replaces only what is a file, and only by force', async () => {
    writeFileSync(out(), 'old');
    await failure(saveTo(out(), remote(disk).source, saving()), 'CONFLICT');
    expect(readFileSync(out(), 'utf8')).toBe('old');
    await saveTo(out(), remote(disk).source, saving({ force: true }));
    expect(readFileSync(out()).equals(disk)).toBe(true);
    const [lost, unread] = [path.join(place.folder(), 'lost'), remote(disk)];
    symlinkSync('nowhere', lost);
    await failure(saveTo(lost, unread.source, saving()), 'CONFLICT');
    expect([unread.opened(), lstatSync(lost).isSymbolicLink()], 'a link that leads nowhere').toEqual([0, true]);
    mkdirSync(path.join(place.folder(), 'folder'));
    symlinkSync('/dev/null', path.join(place.folder(), 'device'));
    for (const name of ['folder', 'device'])
      await failure(saveTo(path.join(place.folder(), name), remote(disk).source, saving({ force: true })), 'USAGE');
  });

  it('cannot be made in a folder that is not there', async () => {
    await failure(saveTo(path.join(place.folder(), 'none', 'x'), remote(disk).source, saving()), 'LOCAL');
  });
});

describe('resuming', () => {
  const parts = (): readonly string[] => readdirSync(place.folder()).filter((name) => name.endsWith('.imgctl-part'));
  const digests = { sha256: hex('sha256') };

  it.each<[string, Error]>([
    ['NETWORK', networkError('reset')],
    ['ABORTED', abortedError('stopped')],
  ])(
    // prettier-ignore
    'goes on behind what %s has left, and says where that is',
    async (code, error) => {
      const stopped = await failure(
        saveTo(out(), breakingAt(1_500_000, error, { digests }), saving({ resume: true })),
        code as Code,
      );
      expect(parts()).toEqual(['.out.raw.image_1.imgctl-part']);
      expect(stopped.circumstances.hint).toContain('Run it again with --resume to continue from 1.4 MiB');
      let fresh = 0;
      let asked = -1;
      const { source } = remote(disk, { digests });
      const counting: Source = { ...source, open: (from = 0) => { asked = from; return source.open(from); } }; // prettier-ignore
      const saved = await saveTo(out(), counting, saving({ resume: true, progress: (bytes) => void (fresh += bytes) }));
      expect([asked, saved.verifiedBy, fresh]).toEqual([1_500_000, 'sha256', disk.length]);
      expect(readFileSync(out()).equals(disk)).toBe(true);
      expect(parts()).toEqual([]);
    },
  );

  it.each<[string, () => Source, Partial<Saving>, Code, string]>([
    ['a broken connection', () => breakingAt(1 << 20, networkError('reset')), {}, 'NETWORK', 'use --resume to keep them'],
    ['Ctrl-C', () => breakingAt(1 << 20, abortedError('stopped')), {}, 'ABORTED', 'use --resume to keep them'],
    [
      'what cannot be gone on from',
      () => ({ ...breakingAt(1 << 20, abortedError('x')), repeatable: false }),
      { resume: true },
      'ABORTED',
      'Removed the 1.0 MiB that had been written',
    ],
    [
      'a full disk',
      () => breakingAt(1 << 20, localError('full')),
      { resume: true },
      'LOCAL',
      'Removed the 1.0 MiB that had been written',
    ],
    [
      'a wrong digest',
      () => remote(disk, { digests: { sha256: '0'.repeat(64) } }).source,
      { resume: true },
      'INTEGRITY',
      'Removed the 2.0 MiB',
    ],
  ])('says what was removed, after %s', async (_name, source, more, code, hint) => {
    const { circumstances } = await failure(saveTo(out(), source(), saving(more)), code);
    expect(circumstances.hint).toContain(hint);
    expect(parts()).toEqual([]);
  });

  it('keeps zeros at the end of what has come', async () => {
    const zeros = Buffer.concat([disk, Buffer.alloc(1 << 20), disk]);
    const { source } = remote(zeros, { digests: { sha256: hex('sha256', zeros) } });
    async function* broken() {
      yield* chunked(zeros.subarray(0, 3 << 20));
      throw networkError('reset');
    }
    await failure(saveTo(out(), { ...source, open: broken }, saving({ resume: true })), 'NETWORK');
    expect(statSync(path.join(place.folder(), parts()[0] ?? '')).size).toBe(3 << 20);
    await saveTo(out(), source, saving({ resume: true }));
    expect(readFileSync(out()).equals(zeros)).toBe(true);
  });

  it('of what turns out wrong throws it away, so that the next run begins anew', async () => {
    await failure(saveTo(out(), breakingAt(1_000_000, networkError('x')), saving({ resume: true })), 'NETWORK');
    const [part = ''] = parts();
    writeFileSync(path.join(place.folder(), part), Buffer.alloc(1_000_000, 1));
    await failure(saveTo(out(), remote(disk, { digests }).source, saving({ resume: true })), 'INTEGRITY');
    expect(parts()).toEqual([]);
    expect((await saveTo(out(), remote(disk, { digests }).source, saving({ resume: true }))).bytes).toBe(disk.length);
  });

  it('asks for nothing where all has come, and starts over where more is there than there should be', async () => {
    const part = path.join(place.folder(), '.out.raw.image_1.imgctl-part');
    writeFileSync(part, disk);
    const all = remote(disk, { digests });
    await saveTo(out(), all.source, saving({ resume: true }));
    expect(all.opened()).toBe(0);
    writeFileSync(part, Buffer.concat([disk, disk]));
    await saveTo(out(), remote(disk, { digests }).source, saving({ resume: true, force: true }));
    expect(readFileSync(out()).equals(disk)).toBe(true);
  });

  it('without being asked for leaves the part of an earlier run alone', async () => {
    const part = path.join(place.folder(), '.out.raw.image_1.imgctl-part');
    writeFileSync(part, 'part');
    await saveTo(out(), remote(disk).source, saving());
    expect(existsSync(part)).toBe(true);
  });
});

describe('what somebody else has put into the folder', () => {
  const part = (): string => path.join(place.folder(), '.out.raw.image_1.imgctl-part');
  const victim = (): string => path.join(place.folder(), 'victim');
  const plants: Readonly<Record<string, () => void>> = {
    'a link': () => symlinkSync(victim(), part()),
    'a second name': () => linkSync(victim(), part()),
    'a folder': () => mkdirSync(part()),
    'a FIFO': () => execFileSync('mkfifo', [part()]),
  };
  for (const [name, plant] of Object.entries(plants))
    it.each([10, disk.length, disk.length + 10])(
      `is not written through: ${name} in the place of the part (%i bytes)`,
      async (size) => {
        const precious = Buffer.alloc(size, 'precious');
        writeFileSync(victim(), precious);
        plant();
        await saveTo(out(), remote(disk, { digests: { sha256: hex('sha256') } }).source, saving({ resume: true }));
        expect(readFileSync(victim()).equals(precious)).toBe(true);
        expect([lstatSync(out()).isFile(), lstatSync(out()).nlink, readFileSync(out()).equals(disk)]).toEqual([true, 1, true]);
      },
    );

  it('is not replaced when it appears at the last moment', async () => {
    const { source } = remote(disk);
    const late: Source = {
      ...source,
      async *open(from = 0, to) {
        yield* source.open(from, to);
        writeFileSync(out(), 'mine');
      },
    };
    await failure(saveTo(out(), late, saving()), 'CONFLICT');
    expect(readFileSync(out(), 'utf8')).toBe('mine');
    expect(place.left()).toEqual(['out.raw']);
  });

  it('a folder that is not there is named, and no temporary file', async () => {
    const file = path.join(place.folder(), 'none', 'x.raw');
    const { message } = await failure(saveTo(file, remote(disk).source, saving()), 'LOCAL');
    expect(message).toBe(`cannot write ${file}: the folder ${path.dirname(file)} does not exist`);
  });
});
