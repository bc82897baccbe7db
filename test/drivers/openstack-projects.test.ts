import { describe, expect, it } from 'vitest';
import { useOpenstackCli } from '../clouds/openstack/cli.ts';
import { appCredential, projects } from '../clouds/openstack/keystone.ts';

const cli = useOpenstackCli();

describe('projects by their names', () => {
  it('a project is named by its name where Keystone tells whose that is, and refused before anything is done where not', async () => {
    const kept = cli.image('web', { visibility: 'shared' });
    const id = String(kept.wire.id);
    const members = () => [...kept.members.keys()];
    const shared = await cli.ok(['share', `root:${id}`, '--with', 'admin']);
    expect(members()).toEqual([projects.admin]);
    expect(shared.stderr).toContain(`admin is the project ${projects.admin ?? ''}`);
    const unknown = await cli.run(['share', 'demo:web', '--with', `${projects.alt ?? ''},admin`]);
    expect([unknown.exitCode, members()]).toEqual([2, [projects.admin]]);
    cli.cloud().keystone.namesakes = [['admin', 'e'.repeat(32)]];
    const several = await cli.run(['unshare', `root:${id}`, '--with', 'admin']);
    expect([several.exitCode, members()]).toEqual([6, [projects.admin]]);
    expect(several.stderr).toContain(`${projects.admin ?? ''}, ${'e'.repeat(32)}`);
    cli.cloud().keystone.namesakes = [];
    await cli.ok(['unshare', `root:${id}`, '--with', 'admin']);
    expect(members()).toEqual([]);
  });

  it('an owner is named by the name of his project where Keystone tells', async () => {
    const kept = cli.image('web');
    const found = await cli.ok(['list', '-p', 'root', '--owner', 'demo', '-o', 'id']);
    expect(found.stdout.trim()).toBe(String(kept.wire.id));
    expect((await cli.run(['list', '-p', 'demo', '--owner', 'admin'])).exitCode).toBe(5);
  });
});

describe('a project that is not that of the token', () => {
  const demo = projects.demo ?? '';
  const alt = projects.alt ?? '';
  const robot = { APPLICATION_CREDENTIAL_ID: appCredential.id, APPLICATION_CREDENTIAL_SECRET: appCredential.secret };
  const person = { USERNAME: 'demo', PASSWORD: 'demo-hunter2' };
  type Given = Readonly<Record<string, string>>;
  const list = (given: Given) => {
    const all = { AUTH_URL: `${cli.cloud().origin}/v3`, REGION_NAME: 'RegionOne', ...given };
    cli.cloud().forget();
    const env = Object.fromEntries(Object.entries(all).map(([name, value]) => [`OS_${name}`, value]));
    return cli.run(['list', '-p', 'env:openstack'], { env });
  };

  it.each([
    [{ ...robot, PROJECT_NAME: 'alt' }, 'project is alt'],
    [{ ...robot, PROJECT_ID: alt }, `projectId is ${alt}`],
    [{ ...robot, PROJECT_ID: demo, PROJECT_NAME: 'alt' }, 'project is alt'],
    [{ ...person, PROJECT_ID: demo, PROJECT_NAME: 'alt' }, 'project is alt'],
  ] as const)('%j: is refused, and Glance is not asked', async (given, words) => {
    const run = await list(given);
    expect(run.exitCode, run.stderr).toBe(3);
    expect(run.stderr).toContain(`${words}, but the sign-in is for project demo (${demo})`);
    expect(
      cli
        .cloud()
        .requests()
        .map(({ path }) => path),
    ).toEqual(['/v3/auth/tokens']);
  });

  it.each([
    { ...robot, PROJECT_NAME: 'demo', PROJECT_ID: demo },
    { ...person, PROJECT_ID: demo, PROJECT_NAME: 'Demo' },
  ])('%j: a name and an id that agree are fine', async (given) => {
    const run = await list(given);
    expect(run.exitCode, run.stderr).toBe(0);
  });
});
