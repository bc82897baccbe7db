import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { commandStage, smallDisk } from './stage.ts';

const stage = commandStage();
const reading = new Set(['list', 'show', 'places']);

/** Commands that change nothing, or draw nothing by columns. */
const harmless = new Set([
  'completion',
  'help',
  'inspect',
  'version',
  'wait',
  'resolve',
  'profile list',
  'profile show',
  'profile check',
  'providers',
  'sources',
]);

describe('what is looked at before anything is done', () => {
  it('every command that changes something says what its result is drawn by', async () => {
    for (const entry of commands) {
      const command = await entry.load();
      const needs = Object.values(command.needs).flat();
      if (harmless.has(entry.path) || (needs.length > 0 && needs.every((verb) => reading.has(verb)))) continue;
      expect(command.draws, entry.path).toBeTypeOf('function');
    }
  });

  const lines: readonly (readonly string[])[] = [
    ['delete', 'web', '--yes'],
    ['delete', 'web', 'other', '--yes'],
    ['patch', 'web', '--tag', 'x'],
    ['patch', 'web', 'other', '--tag', 'x'],
    ['deactivate', 'web'],
    ['create', 'new'],
    ['upload', 'disk.raw', '--name', 'new'],
    ['copy', 'local:web', 'local:new'],
    ['import', 'new', '--url', 'file:///disk.raw', '--disk-format', 'raw'],
    ['download', 'web', 'out.raw'],
    ['convert', 'disk.raw', 'out.raw'],
    ['profile', 'add', 'new', '--provider', 'local'],
    ['profile', 'use', 'local'],
    ['profile', 'remove', 'kept', '--yes'],
  ];
  it.each(lines)('an unknown column stops %s %s with 2, and nothing is changed', async (...line) => {
    await stage.image('web');
    await stage.queued('other');
    await stage.ok(['profile', 'add', 'kept', '--provider', 'local']);
    const file = stage.write('disk.raw', smallDisk(2));
    const state = async () => [
      (await stage.ok(['list', '-p', 'local', '--hidden', '-o', 'json'])).stdout,
      (await stage.ok(['profile', 'list', '-o', 'json'])).stdout,
    ];
    const before = await state();
    const words = line.map((word) => (word === 'disk.raw' ? file : word === 'out.raw' ? stage.file('out.raw') : word));
    const result = await stage.run([...words, '-c', 'bogus']);
    expect([result.exitCode, result.stdout], result.stderr).toEqual([2, '']);
    expect(await state()).toEqual(before);
    expect(() => stage.read('out.raw')).toThrow('ENOENT');
  });

  it('a column of the result is taken', async () => {
    await stage.image('web');
    expect((await stage.ok(['patch', 'web', '--tag', 'x', '-c', 'name,properties.none'])).stdout).toContain('web');
    expect((await stage.ok(['delete', 'web', '--yes', '-c', 'result'])).stdout).toContain('ok');
  });
});

describe('an option that was given twice', () => {
  it.each([
    ['--property', 'k=1', '--property', 'k=2'],
    ['--name', 'a', '--name', 'b'],
    ['--status', 'queued', '--status', 'active'],
    ['--min-size', '2000', '--min-size', '1'],
    ['--owner', 'a', '--owner', 'b'],
  ])('is refused where only one could count: %s %s %s %s', async (...options) => {
    const result = await stage.run(['list', ...options]);
    expect([result.exitCode, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toContain('given twice');
  });

  it('counts twice where all of them can', async () => {
    const id = await stage.queued('web', '--tag', 'a', '--tag', 'b');
    await stage.queued('other', '--tag', 'a');
    expect((await stage.ok(['list', '--tag', 'a', '--tag', 'b', '-o', 'id'])).stdout).toBe(`${id}\n`);
    expect((await stage.run(['patch', 'web', '--property', 'k=1', '--property', 'k=2'])).exitCode).toBe(2);
  });
});

describe('a value that nothing can have', () => {
  it.each([
    ['--status', 'actve', 'active'],
    ['--status', 'queud', 'queued'],
    ['--format', 'qcow3', 'qcow2'],
    ['--format', 'json', '-o json'],
    ['--format', 'csv', '-o csv'],
    ['--format', 'value', '-o csv'],
  ])('%s %s is refused with the nearest', async (option, value, near) => {
    const result = await stage.run(['list', option, value]);
    expect([result.exitCode, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toContain(near);
  });

  it.each(['deactivated', 'saving', 'killed', 'pending_delete', 'available', 'creating', 'registering', 'ACTIVE'])(
    'the provider’s own word %s is none of these',
    async (word) => expect((await stage.run(['list', '--status', word])).exitCode).toBe(0),
  );
});
