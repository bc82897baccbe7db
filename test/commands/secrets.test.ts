import { chmodSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { commandStage } from './stage.ts';

const stage = commandStage();
let cloud: RunningLinode;
beforeEach(async () => {
  cloud = await startLinode();
});
afterEach(() => cloud.stop());

const add = (token: string): Promise<unknown> =>
  stage.ok([
    'profile',
    'add',
    'lin',
    '--provider',
    'linode',
    '--set',
    `endpoint=${cloud.values.endpoint ?? ''}`,
    '--set',
    `token=${token}`,
  ]);
const token = (): string => cloud.values.token ?? '';
const check = async (env: Readonly<Record<string, string>> = {}) => {
  const checked = await stage.ok(['profile', 'check', 'lin', '-o', 'json'], { env });
  return { warnings: (checked.json() as { warnings: readonly string[] }).warnings, stderr: checked.stderr };
};

describe('a secret', () => {
  it('that is plain is stored for the user alone, and check says that it is plain', async () => {
    await add(token());
    expect(statSync(stage.file('.config/imgctl/config.json')).mode & 0o777).toBe(0o600);
    expect(statSync(stage.file('.config/imgctl')).mode & 0o777).toBe(0o700);
    expect((await check()).warnings).toEqual([
      'token is stored as plain text. Keep it elsewhere with env:NAME, file:PATH or cmd:COMMAND.',
    ]);
    for (const args of [
      ['profile', 'show', 'lin'],
      ['profile', 'show', 'lin', '-o', 'json'],
      ['profile', 'list', '-o', 'yaml'],
      ['profile', 'check', 'lin', '--debug'],
    ]) {
      const { stdout, stderr } = await stage.ok(args);
      expect(stdout + stderr, args.join(' ')).not.toContain(token());
    }
  });

  it('may be in a file, which others should not be able to read', async () => {
    const file = stage.write('token', `${token()}\n`);
    await add(`file:${file}`);
    chmodSync(file, 0o600);
    expect(await check()).toEqual({ warnings: [], stderr: '' });
    chmodSync(file, 0o644);
    const { stderr } = await check();
    expect(stderr).toContain(`chmod 600 ${file}`);
    expect(stderr).not.toContain(token());
  });

  it('may be in a variable, or be printed by a command that is run once', async () => {
    await add('env:MY_TOKEN');
    expect((await check({ MY_TOKEN: token() })).warnings).toEqual([]);
    const unset = await stage.run(['profile', 'check', 'lin']);
    expect([unset.exitCode, unset.stderr]).toEqual([3, expect.stringContaining('MY_TOKEN')]);
    const script = stage.write('give.sh', `echo x >> '${stage.file('runs')}'; echo ' ${token()} '`);
    await stage.ok(['profile', 'set', 'lin', `token=cmd:sh ${script}`]);
    expect((await check({ PATH: process.env.PATH ?? '' })).warnings).toEqual([]);
    expect(stage.read('runs').toString()).toBe('x\n');
  });

  it('that is refused is named, with where it came from', async () => {
    await add('env:MY_TOKEN');
    const refused = await stage.run(['list', '-p', 'lin'], { env: { MY_TOKEN: 'not-the-token' } });
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain('token comes from profile (env:MY_TOKEN)');
    expect(refused.stderr).not.toContain('not-the-token');
  });
});
