import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { completionAnswer } from '../../src/cli/completion/answer.ts';
import { run } from '../../src/cli/program/run.ts';
import { homeOf, ownFolder, temporaryFolder, userFolder } from '../../src/host/paths.ts';
import { makeFolder } from '../../src/host/mkdir.ts';
import { driverList } from '../../src/engine/driver-list.ts';
import { fakeIo } from '../support/fake-io.ts';

/** What is no absolute path. */
const strange = ['', '.', './x', 'a/../b', '~'];
const purposes = ['config', 'data', 'cache'] as const;

describe('the folders of a user', () => {
  it.each(strange)('HOME="%s" counts as not set: then it is the home of the account', (HOME) => {
    const at = homeOf({ env: { HOME }, platform: 'linux' });
    expect(at.home).toBe(userInfo().homedir);
    for (const purpose of purposes) expect(ownFolder(purpose, at)).toContain(userInfo().homedir);
  });

  it.each(strange)('"%s" in any other variable counts as not set', (text) => {
    const names = ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'TMPDIR', 'APPDATA', 'LOCALAPPDATA'];
    const env = Object.fromEntries(names.map((name) => [name, text]));
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const at = { env, home: '/home/me', platform };
      for (const purpose of purposes) expect(ownFolder(purpose, at)).toMatch(/^\/home\/me\//);
      expect(path.isAbsolute(temporaryFolder(at))).toBe(true);
    }
  });

  it.each(strange.filter((text) => text !== ''))('IMGCTL_CONFIG_DIR="%s" is refused', (IMGCTL_CONFIG_DIR) => {
    const at = { env: { IMGCTL_CONFIG_DIR }, home: '/home/me', platform: 'linux' as const };
    expect(() => ownFolder('config', at)).toThrow(`IMGCTL_CONFIG_DIR is not an absolute path: ${IMGCTL_CONFIG_DIR}`);
    expect(ownFolder('data', at)).toBe('/home/me/.local/share/imgctl');
  });

  it('are none without a home, unless they are named', () => {
    const at = { env: {}, home: undefined, platform: 'linux' as const };
    expect(() => userFolder('data', at)).toThrow(/^HOME is not set/);
    expect(userFolder('data', { ...at, env: { XDG_DATA_HOME: '/data' } })).toBe('/data');
  });
});

describe('a user without a home', () => {
  const here = process.cwd();
  const root = mkdtempSync(path.join(tmpdir(), 'imgctl-nowhere-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  async function imgctl(line: string, env: Readonly<Record<string, string>> = {}) {
    const io = fakeIo({});
    const home = { env, home: undefined, platform: 'linux' as const };
    const nothing = { readStdin: async function* () {}, writeStdout: async () => undefined };
    const signal = new AbortController().signal;
    const exitCode = await run(line.split(' '), { io, home, drivers: driverList, version: '0', signal, ...nothing });
    return { exitCode, out: io.out, err: io.err };
  }

  it.each([
    ['profile add x --provider local', 3],
    ['create x', 3],
    ['list', 3],
    ['list -p lin', 3],
    ['providers linode', 0],
    ['profile import', 5],
  ])('%s ends with %i, names HOME, and leaves nothing here', async (line, exitCode) => {
    const before = readdirSync(here);
    const ended = await imgctl(line);
    expect(ended.exitCode, ended.err).toBe(exitCode);
    expect(ended.err).toContain('HOME');
    expect(readdirSync(here)).toEqual(before);
  });

  it('works with a store that is named', async () => {
    const env = { IMGCTL_CONFIG_DIR: path.join(root, 'c'), XDG_DATA_HOME: path.join(root, 'd') };
    expect(await imgctl('create x', env)).toMatchObject({ exitCode: 0 });
    expect(await imgctl('profile add x --provider local', env)).toMatchObject({ exitCode: 0 });
    expect(readdirSync(root).sort()).toEqual(['c', 'd']);
  });

  it('gets an empty answer at the tab key', async () => {
    const home = { env: {}, home: undefined, platform: 'linux' as const };
    const answer = await completionAnswer(['zsh', 'imgctl', 'show', ''], JSON.parse('{}'), home, 0);
    expect(answer).toBe('words\n');
  });
});

describe('making a folder', () => {
  it('makes those above it, and is content with one that is there', () => {
    const root = mkdtempSync(path.join(tmpdir(), 'imgctl-folders-'));
    makeFolder(path.join(root, 'a/b/c'), 0o700);
    makeFolder(path.join(root, 'a/b/c'), 0o700);
    expect(readdirSync(path.join(root, 'a/b'))).toEqual(['c']);
    rmSync(root, { recursive: true });
  });

  it('ends where none can be made', () => {
    expect(() => makeFolder('/proc/no/such/folder', 0o700)).toThrow(/ENOENT/);
    expect(() => makeFolder(path.join(import.meta.filename, 'below'), 0o700)).toThrow(/ENOTDIR/);
  });
});
