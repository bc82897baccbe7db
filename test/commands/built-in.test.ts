import { expect, it } from 'vitest';
import { commandStage } from './stage.ts';

const stage = commandStage();

it('the built-in store is among all profiles, whichever is current', async () => {
  const id = await stage.image('kept');
  await stage.ok(['profile', 'add', 'd', '--provider', 'local', '--set', `path=${stage.file('d')}`]);
  const ways: readonly (readonly [readonly string[], Readonly<Record<string, string>>])[] = [
    [['profile', 'use', 'local'], {}],
    [['profile', 'use', 'd'], {}],
    [['profile', 'list'], { IMGCTL_PROFILE: 'd' }],
  ];
  for (const [first, env] of ways) {
    await stage.ok(first, { env });
    expect((await stage.ok(['profile', 'list', '-o', 'id'], { env })).stdout).toBe('d\nlocal\n');
    for (const every of [['-A'], ['-p', '*'], ['-p', 'l*', '-p', 'd']])
      expect((await stage.ok(['list', ...every, '-o', 'id'], { env })).stdout, every.join(' ')).toBe(`${id}\n`);
    const shown = (await stage.ok(['profile', 'list', '-o', 'json'], { env })).json() as { name: string; builtIn?: true }[];
    expect(shown.map(({ name, builtIn }) => [name, builtIn])).toEqual([
      ['d', undefined],
      ['local', true],
    ]);
  }
});
