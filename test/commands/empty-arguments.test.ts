import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { flagName, type Options } from '../../src/cli/program/option.ts';
import { globalOptions } from '../../src/cli/program/settings.ts';
import { commandStage, errorOf } from './stage.ts';

const stage = commandStage();
const loaded = await Promise.all(commands.map(async (entry) => ({ path: entry.path, ...(await entry.load()) })));
const args = loaded.flatMap(({ path, args }) => {
  const names = Object.entries(args).filter(([, { mayBeEmpty }]) => !mayBeEmpty);
  return names.map(([name], at) => [`${path} ${name}`, path, names.map((_, index) => (index === at ? '' : 'x')), name] as const);
});
const takesText: ReadonlySet<string> = new Set(['text', 'texts', 'names']);
const options = [{ path: 'list', args: {}, options: globalOptions as Options }, ...loaded].flatMap(({ path, args, options }) =>
  Object.entries(options)
    .filter(([, { kind, mayBeEmpty }]) => takesText.has(kind) && !mayBeEmpty)
    .map(([key]) => {
      const words = Object.values(args).flatMap(({ takes }) => (takes === 'required' || takes === 'many' ? ['x'] : []));
      return [`${path} --${flagName(key)}`, path, words, `--${flagName(key)}`] as const;
    }),
);

describe('an empty argument', () => {
  it.each(args)('%s is refused with 2', async (_title, path, words, name) => {
    const refused = await stage.run([...path.split(' '), ...words, '--json']);
    expect(errorOf(refused)).toMatchObject({ code: 'USAGE', exitCode: 2, message: `"" is no ${name.toUpperCase()}` });
  });

  it.each(options)('that of %s is refused with 2', async (_title, path, words, option) => {
    const { exitCode, stdout, stderr } = await stage.run([...path.split(' '), ...words, option, '']);
    expect([exitCode, stdout, stderr.split('\n')[0]]).toEqual([2, '', `imgctl: ${option} is empty`]);
  });

  it('of a description clears it', async () => {
    await stage.ok(['create', 'web', '--description', 'd']);
    await stage.ok(['patch', 'web', '--description', '']);
    expect((await stage.ok(['show', 'web', '--json'])).json()).not.toMatchObject({ description: 'd' });
  });

  it('in a variable of the environment is none', async () => {
    const env = { IMGCTL_OUTPUT: '', IMGCTL_TIMEOUT: '', IMGCTL_PROFILE: '' };
    expect((await stage.ok(['list'], { env })).stdout).toContain('name');
  });
});

describe('a source with a scheme that is not read', () => {
  const lines: readonly (readonly string[])[] = [['upload', '--name', 'web'], ['inspect'], ['convert', 'out.raw']];
  it.each(['file:///tmp/disk.raw', 'FILE:///tmp/disk.raw', 'ftp://example.org/disk.raw', 's3://bucket/disk.raw'])(
    '%s',
    async (url) => {
      for (const [verb = '', ...more] of lines) {
        const refused = await stage.run([verb, url, ...more, '--json']);
        expect(errorOf(refused), verb).toMatchObject({ code: 'USAGE', exitCode: 2 });
        expect(errorOf(refused).message).toContain('http:// or https://');
      }
    },
  );
});
