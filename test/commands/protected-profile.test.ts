import { beforeEach, describe, expect, it } from 'vitest';
import { killedBehind } from '../support/killed-run.ts';
import { commandStage, errorOf, smallDisk } from './stage.ts';
import { inTurns } from '../support/sweep.ts';

const stage = commandStage();
let file: string;
beforeEach(async () => {
  await stage.ok([
    'profile',
    'add',
    'vault',
    '--provider',
    'local',
    '--set',
    `path=${stage.file('vault')}`,
    '--set',
    `places=two=${stage.file('two')}`,
    '--protected',
  ]);
  file = stage.write('disk.raw', smallDisk());
  await stage.ok(['upload', file, '--name', 'vault:jewel', '-q']);
  await stage.ok(['replicate', 'vault:jewel', '--to', 'two', '-q']);
  await stage.ok(['upload', file, '--name', 'local:jewel', '-q']);
});

const images = async (): Promise<unknown> => (await stage.ok(['list', '-p', 'vault', '-o', 'json'])).json();
const byName = (words: readonly string[]): readonly string[] => words.map((word) => (word === 'IMAGE' ? 'vault:jewel' : word));
const bare = (words: readonly string[]): readonly string[] => words.map((word) => (word === 'IMAGE' ? 'jewel' : word));

/** What takes something away from a profile. */
const losses: Readonly<Record<string, readonly string[]>> = {
  delete: ['delete', 'IMAGE', '--yes'],
  'replicate --remove': ['replicate', 'IMAGE', '--remove', 'two', '--yes'],
  'replicate --exactly': ['replicate', 'IMAGE', '--exactly', 'home', '--yes'],
  'upload --if-exists replace': ['upload', 'FILE', '--name', 'IMAGE', '--if-exists', 'replace', '--yes'],
  'copy --if-exists replace': ['copy', 'local:jewel', 'vault:jewel', '--if-exists', 'replace', '--yes'],
};
/** The ways to say which profile is meant. */
const ways: Readonly<
  Record<string, (words: readonly string[]) => { args: readonly string[]; env?: Readonly<Record<string, string>> }>
> = {
  'PROFILE:': (words) => ({ args: byName(words) }),
  '-p': (words) => ({ args: [...bare(words), '-p', 'vault'] }),
  IMGCTL_PROFILE: (words) => ({ args: bare(words), env: { IMGCTL_PROFILE: 'vault' } }),
};

describe.each(Object.entries(losses))('in a protected profile %s', (name, words) => {
  it.each(inTurns(Object.entries(ways), 3, Object.keys(losses).indexOf(name)))(
    'named by %s is refused with --yes, without a terminal',
    async (_way, said) => {
      const before = await images();
      const { args, env } = said(words.map((word) => (word === 'FILE' ? file : word)));
      const refused = await stage.run([...args, '-o', 'json'], { env: env ?? {} });
      expect([refused.exitCode, errorOf(refused).hint]).toEqual([6, 'Unprotect it with: imgctl profile set vault --unprotect']);
      expect(await images()).toEqual(before);
    },
  );

  it('is refused in a dry run too, without a terminal; on one it says what will be asked for', async () => {
    const before = await images();
    const args = byName(words.map((word) => (word === 'FILE' ? file : word)));
    const refused = await stage.run([...args, '-n', '-o', 'json']);
    expect([refused.exitCode, errorOf(refused).hint]).toEqual([6, 'Unprotect it with: imgctl profile set vault --unprotect']);
    const planned = await stage.ok([...args, '-n'], { terminal: true });
    expect(planned.stderr).toContain('profile vault is protected: its name will have to be typed');
    expect(await images()).toEqual(before);
  });

  it('needs the profile’s name on a terminal, also with --yes', async () => {
    const before = await images();
    const args = byName(words.map((word) => (word === 'FILE' ? file : word)));
    const wrong = await stage.run(args, { terminal: true, answers: ['yes'] });
    expect([wrong.exitCode, wrong.stderr]).toEqual([130, expect.stringContaining("Type the profile's name (vault) to confirm")]);
    expect(await images()).toEqual(before);
    expect((await stage.run(args, { terminal: true, answers: ['vault'] })).exitCode).toBe(0);
  });

  it('goes on once the profile is no longer protected', async () => {
    await stage.ok(['profile', 'set', 'vault', '--unprotect']);
    await stage.ok(byName(words.map((word) => (word === 'FILE' ? file : word))));
  });
});

it('one protected profile among many stays whole, and the others’ images go', async () => {
  const result = await stage.run(['delete', 'vault:jewel', 'local:jewel', '--yes']);
  expect(result.exitCode).not.toBe(0);
  expect(await images()).toMatchObject([{ name: 'jewel' }]);
});

it('undoing what a run has left in a protected profile is refused in a dry run as in the real one', async () => {
  await stage.ok(['profile', 'set', 'vault', '--unprotect']);
  await stage.ok(['create', 'vault:empty']);
  killedBehind(stage.file(''), 'created');
  await stage.ok(['profile', 'set', 'vault', '--protect']);
  for (const more of [[], ['-n']])
    expect((await stage.run(['ops', 'undo', '--force', '--yes', ...more])).exitCode, more.join()).toBe(6);
  const { stderr } = await stage.ok(['ops', 'undo', '--force', '-n'], { terminal: true });
  expect(stderr).toContain('profile vault is protected');
});
