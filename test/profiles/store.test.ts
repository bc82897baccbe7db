import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { breakLock, readLock } from '../../src/host/lock-folder.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';
import { interruptedAt, type Interruption } from '../support/interrupted-files.ts';
import { isWholeSweep, stride } from '../support/sweep.ts';

const interruption = vi.hoisted((): Interruption => ({}));
vi.mock('node:fs/promises', async (original) => {
  const { interrupted } = await import('../support/interrupted-files.ts');
  return interrupted(await original(), interruption);
});

let home: CliHome;
beforeEach(() => {
  home = cliHome();
});
afterEach(() => home.remove());

const at = (name: string): { readonly IMGCTL_CONFIG_DIR: string } => ({ IMGCTL_CONFIG_DIR: path.join(home.folder, name) });
const imgctl = (line: string, folder: string) => home.run(line.split(' '), { env: at(folder) });

interface Book {
  readonly current?: string;
  readonly profiles: Readonly<Record<string, { readonly fields: Readonly<Record<string, string>> }>>;
}
const bookIn = (folder: string): Book => JSON.parse(readFileSync(path.join(home.folder, folder, 'config.json'), 'utf8')) as Book;

const changes: Readonly<Record<string, { readonly line: string; isDone(book: Book): boolean }>> = {
  add: {
    line: 'profile add new --provider local --set path=/srv/new',
    isDone: ({ profiles }) => 'new' in profiles,
  },
  set: {
    line: 'profile set old path=/srv/elsewhere',
    isDone: ({ profiles }) => profiles.old?.fields.path === '/srv/elsewhere',
  },
  use: { line: 'profile use old', isDone: ({ current }) => current === 'old' },
  remove: { line: 'profile remove old --yes', isDone: ({ profiles }) => !('old' in profiles) },
};

describe('a process that stood still while another one took over the lock', () => {
  it.each(Object.entries(changes))(
    'profile %s is done, or it failed and is not; what the other did stays',
    async (name, change) => {
      expect((await imgctl('profile add old --provider local --set path=/srv/old', 'template')).exitCode).toBe(0);
      const statuses = new Set<number>();
      for (let number = 1; ; number += stride(2)) {
        const folder = `${name}-${number}`;
        cpSync(path.join(home.folder, 'template'), path.join(home.folder, folder), { recursive: true });
        const takeOver = async (): Promise<void> => {
          const lock = path.join(home.folder, folder, 'config.json.lock');
          const holding = await readLock(lock);
          if (holding) await breakLock(lock, holding);
          expect((await imgctl('profile add other --provider local --set path=/srv/other', folder)).exitCode).toBe(0);
        };
        const { result, calls } = await interruptedAt(interruption, number, takeOver, () => imgctl(change.line, folder));
        if (calls < number) break;
        if (result.status === 'rejected') throw result.reason;
        const { exitCode, stderr } = result.value;
        const where = `${name}, interrupted before call ${number}: ${exitCode} ${stderr}`;
        statuses.add(exitCode);
        const book = bookIn(folder);
        expect(book.profiles, where).toHaveProperty('other');
        expect([0, 6], where).toContain(exitCode);
        expect(change.isDone(book), where).toBe(exitCode === 0);
      }
      expect(statuses).toEqual(new Set([0, 6]));
    },
  );
});

/** What a device, a file system or a limit may answer to any call. */
const refusals = ['EIO', 'EPERM', 'EACCES', 'ENOSPC', 'EROFS', 'EMFILE', 'ENOENT'] as const;

function refusal(code: (typeof refusals)[number], syscall: string): Error {
  const errno = -constants.errno[code];
  return Object.assign(new Error(`${code}: refused, ${syscall}`), { code, errno, syscall });
}

describe('a file system that refuses a call', () => {
  it.each(Object.entries(changes))(
    'profile %s is done and 0, or 3 or 14 and not done, whatever was refused',
    async (name, change) => {
      await imgctl('profile add old --provider local --set path=/srv/old', 'template');
      for (const [turn, code] of refusals.entries())
        for (let number = 1 + (isWholeSweep ? 0 : turn % 4); ; number += stride(4)) {
          const folder = `${name}-${code}-${number}`;
          cpSync(path.join(home.folder, 'template'), path.join(home.folder, folder), { recursive: true });
          let called = '';
          const refuse = (call: string): Promise<void> => Promise.reject(refusal(code, (called = call)));
          const { result, calls } = await interruptedAt(interruption, number, refuse, () => imgctl(change.line, folder));
          if (calls < number) break;
          if (result.status === 'rejected') throw result.reason;
          const { exitCode, stderr } = result.value;
          const where = `${name}, ${code} at call ${number} (${called}): ${exitCode} ${stderr}`;
          expect([0, 3, 14], where).toContain(exitCode);
          expect(change.isDone(bookIn(folder)), where).toBe(exitCode === 0);
        }
    },
  );
});

describe('the file of profiles', () => {
  it('stays where a link leads, and its owner’s only', async () => {
    await imgctl('profile add old --provider local --set path=/srv/old', 'store');
    const [real, link] = [path.join(home.folder, 'dotfiles.json'), path.join(home.folder, 'store', 'config.json')];
    renameSync(link, real);
    symlinkSync(real, link);
    await imgctl('profile set old path=/srv/new', 'store');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toContain('/srv/new');
    expect(statSync(real).mode & 0o777).toBe(0o600);
  });

  it('is all that is left, also of processes that were killed while writing it', async () => {
    await imgctl('profile add old --provider local --set path=/srv/old', 'store');
    for (const left of ['config.json.tmp-0a1b', 'config.json.lock.0a1b2c3d-0000-4000-8000-000000000000/2'])
      mkdirSync(path.join(home.folder, 'store', left), { recursive: true });
    await imgctl('profile set old path=/srv/new', 'store');
    expect(readdirSync(path.join(home.folder, 'store'))).toEqual(['config.json']);
  });
});
