import { mkdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startLinode } from '../clouds/linode/index.ts';
import { commandStage } from './stage.ts';

const stage = commandStage();
const terminal = { terminal: true, columns: 120 };
const profiles = (): { readonly profiles: Readonly<Record<string, { readonly provider: string; readonly fields: object }>> } =>
  JSON.parse(readFileSync(stage.file('.config/imgctl/config.json'), 'utf8')) as ReturnType<typeof profiles>;

describe('list without any profile', () => {
  it('says on a terminal how a cloud is added, and nothing in a pipe', async () => {
    const shown = await stage.ok(['list'], terminal);
    expect(shown.stderr).toMatch(/^no images\n.*local store, a folder on this machine.*\n.*imgctl profile add NAME/);
    expect(shown.stderr).not.toContain('profile import');
    expect((await stage.ok(['list'])).stderr).toBe('');
    expect((await stage.ok(['list'], { ...terminal, stdoutIsTerminal: false })).stderr).toBe('');
    expect((await stage.ok(['list', '-o', 'json'], terminal)).stderr).toBe('');
    expect((await stage.ok(['list', '-q'], terminal)).stderr).toBe('no images\n');
  });

  it('names the clouds that other tools know already, never their secrets', async () => {
    mkdirSync(stage.file('.config/openstack'), { recursive: true });
    stage.write(
      '.config/openstack/clouds.yaml',
      'clouds:\n  attic:\n    auth: {auth_url: "https://a.test/v3", username: me, password: "s3cr3t"}\n',
    );
    const shown = await stage.ok(['list'], { ...terminal, env: { LINODE_TOKEN: 'hush' } });
    expect(shown.stderr).toMatch(/ {2}attic \(openstack, from .*clouds\.yaml/);
    expect(shown.stderr).toMatch(/\(linode, from .*LINODE_TOKEN/);
    expect(shown.stderr).toContain('imgctl profile import');
    expect(shown.stderr).not.toMatch(/s3cr3t|hush/);
    await stage.ok(['profile', 'import', 'attic']);
    expect((await stage.ok(['list', '-p', 'local'], terminal)).stderr).toBe('no images\n');
  });

  it('lets a damaged file of another tool spoil nothing', async () => {
    mkdirSync(stage.file('.config/openstack'), { recursive: true });
    stage.write('.config/openstack/clouds.yaml', 'clouds: [');
    const shown = await stage.ok(['list'], terminal);
    expect(shown.stderr).toContain('warning: ');
    expect(shown.stderr).toContain('imgctl profile add NAME');
  });
});

describe('profile add on a terminal', () => {
  it('asks for provider and fields, signs in, and says what came of it', async () => {
    const cloud = await startLinode();
    const endpoint = cloud.values.endpoint ?? '';
    const answers = ['linode', 'token', cloud.values.token ?? '', '', 'yes'];
    const env = { IMGCTL_PROFILE_LIN_ENDPOINT: endpoint };
    const made = await stage.ok(['profile', 'add', 'lin'], { ...terminal, env, answers });
    expect(made.stderr).toContain('provider');
    expect(made.stderr).toMatch(/lin works: /);
    expect(made.stderr).toContain('token is stored as plain text');
    expect(made.stderr + made.stdout).not.toContain(cloud.values.token);
    expect(profiles().profiles.lin).toMatchObject({ provider: 'linode' });
    await cloud.stop();
  });

  it('keeps a profile that does not work, and says what to type', async () => {
    const made = await stage.ok(['profile', 'add', 'cow', '--provider', 'rancher', '--retries', '0'], {
      ...terminal,
      answers: ['http://127.0.0.1:1/v1/projects/1a5', 'API key', 'key', 'hush', '', 'yes'],
    });
    expect(made.stderr).toMatch(/cow was saved, but does not work yet: .*127\.0\.0\.1/);
    expect(made.stderr).toContain('imgctl profile check cow');
    expect(made.stderr).not.toContain('hush');
    expect(profiles().profiles.cow?.provider).toBe('rancher');
  });

  it('asks nothing where all was given, with --yes, or without a terminal', async () => {
    const add = (name: string, ...more: readonly string[]): readonly string[] => [
      'profile',
      'add',
      name,
      '--provider',
      'local',
      ...more,
    ];
    expect((await stage.ok(add('a', '--set', 'path=/tmp/x'), terminal)).stderr).toBe('Check it with: imgctl profile check a\n');
    expect((await stage.ok(add('b'))).stderr).toBe('');
    expect((await stage.ok(add('c', '--yes'), terminal)).stderr).toBe('Check it with: imgctl profile check c\n');
  });
});

describe('a word that is not known', () => {
  it.each([
    [['lsit'], 2, 'Did you mean list'],
    [['profile', 'chekc'], 2, 'Did you mean profile check'],
    [['show', 'wbe'], 5, 'Did you mean web'],
    [['list', '-c', 'stauts'], 2, 'Did you mean status'],
    [['list', '-p', 'loacl'], 3, 'Did you mean local'],
    [['help', 'exit-code'], 2, 'Did you mean exit-codes'],
    [['providers', 'linod'], 3, 'Did you mean linode'],
    [['list', '--visiblity', 'public'], 2, 'Did you mean --visibility'],
    [['list', '--group-by', 'nmae'], 2, 'contentId, name'],
  ])('%j gets the nearest', async (words, exitCode, hint) => {
    await stage.queued('web');
    const refused = await stage.run(words);
    expect([refused.exitCode, refused.stdout]).toEqual([exitCode, '']);
    expect(refused.stderr).toContain(hint);
  });
});
