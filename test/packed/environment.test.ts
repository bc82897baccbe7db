import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = path.resolve(import.meta.dirname, '../../bin/imgctl.cjs');
const dist = path.resolve(import.meta.dirname, '../../dist');
const root = mkdtempSync(path.join(tmpdir(), 'imgctl-surroundings-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The built program, with no variables but these; `stdout` is a file to write to. */
function imgctl(line: string, env: Readonly<Record<string, string>>, { cwd = root, stdout = 'pipe' as 'pipe' | number } = {}) {
  const run = spawnSync(process.execPath, [program, ...line.split(' ')], { cwd, env, stdio: ['ignore', stdout, 'pipe'] });
  return { status: run.status, out: String(run.stdout ?? ''), err: String(run.stderr) };
}

describe('a folder that one happens to stand in', () => {
  const evil = path.join(root, 'evil');
  /** Where the account's own home would be written to, if it has one. */
  const named = {
    XDG_CONFIG_HOME: path.join(root, 'c'),
    XDG_DATA_HOME: path.join(root, 'd'),
    XDG_CACHE_HOME: path.join(root, 'e'),
  };

  beforeAll(() => {
    mkdirSync(path.join(evil, 'a'), { recursive: true });
    const token = `token=cmd:touch ${path.join(root, 'MARK')}; echo aaaaaaaaaa`;
    for (const folder of [evil, path.join(evil, 'x'), path.join(evil, 'b')])
      spawnSync(
        process.execPath,
        [program, 'profile', 'add', 'lin', '--provider', 'linode', '--set', token, '--set', 'endpoint=http://127.0.0.1:9'],
        { env: { HOME: folder } },
      );
    expect(existsSync(path.join(evil, '.config', 'imgctl', 'config.json'))).toBe(true);
  });

  const paths = ['', '.', './x', 'a/../b'];
  it.each(['HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'IMGCTL_CONFIG_DIR', 'TMPDIR'])(
    'gives no profile and no code, and gets no file, by %s',
    (variable) => {
      const before = readdirSync(evil, { recursive: true });
      for (const value of paths)
        for (const line of ['list -p lin', '__complete zsh imgctl show -p ', 'providers linode', 'create x -o id']) {
          const rest = variable === 'HOME' ? named : { ...named, HOME: path.join(root, 'home') };
          const { out } = imgctl(line, { ...rest, [variable]: value }, { cwd: evil });
          expect(existsSync(path.join(root, 'MARK')), `${variable}="${value}" ${line}`).toBe(false);
          if (line.startsWith('__complete')) expect(out).not.toContain('lin');
        }
      expect(readdirSync(evil, { recursive: true })).toEqual(before);
    },
  );
});

describe('a full device behind standard output', () => {
  const lines = [
    '--version',
    '--help',
    'help',
    '__complete zsh imgctl ""',
    'providers',
    'completion bash',
    ...readdirSync(path.join(dist, 'help')).map((name) => `help ${name.replace('.txt', '').replace('-', ' ')}`),
  ];

  it.skipIf(!existsSync('/dev/full'))('is 14, whatever was to be written (skipped without /dev/full)', () => {
    for (const line of lines) {
      const { status, err } = imgctl(line, { HOME: root }, { stdout: openSync('/dev/full', 'w') });
      expect([line, status, err]).toEqual([line, 14, expect.stringContaining('no space left on device')]);
    }
  });

  it('a pipe that nobody reads is no failure', () => {
    const script = `for line in --version --help "help list" "providers"; do "${process.execPath}" "${program}" $line | true; echo "\${PIPESTATUS[0]}"; done`;
    const { stdout } = spawnSync('bash', ['-c', script], { env: { HOME: root }, encoding: 'utf8' });
    expect(stdout).toBe('0\n0\n0\n0\n');
  });
});

it.skipIf(!existsSync('/proc/self'))('where no folder can be made there is an end of it (skipped without /proc)', () => {
  // A lock that nobody gives back is waited for for 30 s: there is none of that.
  const limit = 25_000;
  for (const [line, env, status] of [
    ['create x', { HOME: '/proc' }, 14],
    ['list', { HOME: '/proc' }, 0],
    ['profile add x --provider local', { HOME: '/proc' }, 3],
    ['profile add x --provider local', { HOME: root, XDG_CONFIG_HOME: path.join(program, 'below') }, 3],
    ['create x', { HOME: root, XDG_DATA_HOME: path.join(program, 'below') }, 14],
    ['create x', { HOME: root, XDG_CACHE_HOME: '/proc' }, 0],
  ] as const) {
    const began = Date.now();
    const ended = imgctl(line, env);
    expect([line, env, ended.status]).toEqual([line, env, status]);
    expect(Date.now() - began).toBeLessThan(limit);
  }
  expect(readFileSync(path.join(root, '.local/share/imgctl/images/index.json'), 'utf8')).toContain('manifests');
});
