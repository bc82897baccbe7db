import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const tree = mkdtempSync(path.join(tmpdir(), 'imgctl-new-driver-'));
const env = { PATH: process.env.PATH, HOME: tree, NO_COLOR: '1' };

/** A command in the copy; its output where it failed, else nothing. */
function failureOf(...[program = '', ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: tree, env, encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}
const newDriver = (...names: readonly string[]): string => failureOf('node', '.ci/new-driver.mjs', ...names);

beforeAll(() => {
  for (const name of readdirSync(root))
    if (!['node_modules', 'dist', '.git'].includes(name))
      cpSync(path.join(root, name), path.join(tree, name), { recursive: true });
  // Knip passes over what git ignores.
  execFileSync('git', ['init', '-q'], { cwd: tree, env });
  symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  expect(newDriver('zebracloud')).toBe('');
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('a driver that was just made', () => {
  it('passes types, lint, the search for unused code, and formatting', () =>
    expect(failureOf('npm', 'run', '-s', 'check')).toBe(''));

  it('keeps the house rules and the contract, and is tried by what tries every provider', () => {
    const walks = [
      'test/clouds',
      'test/security',
      'test/drivers/gateways.test.ts',
      'test/drivers/endless-lists.test.ts',
      'test/drivers/addresses.test.ts',
    ];
    const tests = ['test/house.test.ts', 'test/drivers/zebracloud', 'test/ui/views.test.ts', ...walks];
    const only = ['-t', '(house|driver|README|views|zebracloud|Zebracloud)'];
    const ran = failureOf('npx', 'vitest', 'run', '--config', 'test/vitest.config.ts', '--reporter=dot', ...only, ...tests);
    expect(ran.slice(-10_000)).toBe('');
  });

  it('is offered by the program', () => {
    expect(failureOf('npm', 'run', '-s', 'build')).toBe('');
    const shown = execFileSync('node', ['bin/imgctl.cjs', 'providers', 'zebracloud'], { cwd: tree, env, encoding: 'utf8' });
    expect(shown).toContain('Zebracloud');
  });

  it('is not made twice, nor under a name that cannot be one or is a word of the program', () => {
    expect(newDriver('zebracloud')).toContain('is there already');
    for (const name of [[], ['Zebra'], ['zebra-cloud'], ['../zebra']])
      expect(newDriver(...name)).toContain('NAME is the provider');
    expect(newDriver('qcow2')).toContain('is a word of the program already');
  });
});
