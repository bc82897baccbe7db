import { afterEach, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
import { stages } from '../clouds/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let cloud: RunningCloud | undefined;
afterEach(() => cloud?.stop());
const line = (...words: readonly string[]): readonly string[] => ['resolve', '-o', 'tf-external', ...words];

describe('resolve -o tf-external', () => {
  it.each(Object.entries(stages))(
    'gives texts alone, in one layer, of an image at %s',
    async (provider, { cloud: { start } }) => {
      cloud = await start();
      await cloud.seed([{ name: 'web', data: smallDisk(), properties: { os_distro: 'debian' }, tags: ['a', 'b,c'] }]);
      const env = profileVariables('p', provider, cloud.values);
      const whole = (await stage.ok(['resolve', 'p:w*', '-o', 'json'], { env })).json() as Readonly<Record<string, unknown>>;
      for (const [words, query] of [
        [['p:w*'], '{}'],
        [['p:w*'], ''],
        [[], JSON.stringify({ image: 'p:w*' })],
        [['p:w*'], JSON.stringify({ latest: 'true' })],
      ] as const) {
        const { stdout } = await stage.ok(line(...words), { env, stdin: query });
        const result = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
        expect(Object.values(result).every((value) => typeof value === 'string')).toBe(true);
        expect(result).toMatchObject({ id: whole.id, name: 'web', profile: 'p', provider, status: 'active' });
        // Nothing is lost on the way.
        for (const [field, value] of Object.entries(whole))
          if (typeof value === 'number' || typeof value === 'boolean' || Array.isArray(value))
            expect(JSON.parse(String(result[field])), field).toEqual(value);
          else if (typeof value === 'object' && value !== null)
            for (const [name, inner] of Object.entries(value)) expect(result[`${field}.${name}`], name).toBe(inner);
          else expect(result[field], field).toBe(value);
      }
    },
  );

  const refused: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ['no JSON', ['web'], 'web', /no query of Terraform/],
    ['a list', ['web'], '[]', /no query of Terraform/],
    ['a value that is no text', ['web'], '{"latest":true}', /no query of Terraform/],
    ['a key that is not known', ['web'], '{"profile":"p"}', /"profile", which is not known/],
    ['neither true nor false', ['web'], '{"latest":"yes"}', /neither true nor false/],
    ['the newest and the oldest', ['web', '--latest'], '{"oldest":"true"}', /cannot be combined/],
    ['an image that is named twice', ['web'], '{"image":"web"}', /Name it once/],
    ['no image', [], '{}', /IMAGE is required/],
    ['columns', ['web', '-c', 'id'], '{}', /cannot be combined/],
  ];
  it.each(refused)('is exit 2, with nothing on stdout, of %s', async (_what, words, stdin, message) => {
    const { exitCode, stdout, stderr } = await stage.run(line(...words), { stdin });
    expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)]);
  });

  it('of what is not there fails as any other format does', async () => {
    const { exitCode, stdout, stderr } = await stage.run(line('none'), { stdin: '{}' });
    expect([exitCode, stdout]).toEqual([5, '']);
    expect(stderr).toContain('no such image');
  });

  it('is a format of resolve alone, as it says of every other command', async () => {
    const each = await Promise.all(commands.map(async ({ path, load }) => [path, (await load()).reports ?? []] as const));
    expect(each.filter(([, reports]) => reports.includes('tf-external')).map(([path]) => path)).toEqual(['resolve']);
    const { exitCode, stderr } = await stage.run(['list', '-o', 'tf-external']);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is not a format of list')]);
    expect((await stage.run(['resolve', 'web', '-o', 'junit'])).exitCode).toBe(2);
  });
});
