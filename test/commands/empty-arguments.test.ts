import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { commandStage, errorOf } from './stage.ts';

const stage = commandStage();
const loaded = await Promise.all(commands.map(async (entry) => ({ path: entry.path, args: (await entry.load()).args })));
const needed = loaded.flatMap(({ path, args }) => {
  const names = Object.entries(args).filter(([, { takes }]) => takes === 'required' || takes === 'many');
  return names.map(([name], at) => [`${path} ${name}`, path, names.map((_, index) => (index === at ? '' : 'x')), name] as const);
});

describe('an empty argument', () => {
  it.each(needed)('%s is refused with 2', async (_title, path, words, name) => {
    const refused = await stage.run([...path.split(' '), ...words, '--json']);
    expect(errorOf(refused)).toMatchObject({ code: 'USAGE', exitCode: 2, message: `"" is no ${name.toUpperCase()}` });
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
