import { describe, expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../../clouds/openstack/cli.ts';
import { appCredential, projects, trust, users } from '../../clouds/openstack/keystone.ts';

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

describe('a project that is not that of the token', () => {
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

describe('a token of which nobody tells whose it is', () => {
  const signIn = async (user: string): Promise<string> => {
    const [domain, project] = [{ id: 'default' }, users[user]?.project];
    const identity = { methods: ['password'], password: { user: { name: user, domain, password: users[user]?.password } } };
    const body = JSON.stringify({ auth: { identity, scope: { project: { name: project, domain } } } });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${cli.cloud().origin}/v3/auth/tokens`, { method: 'POST', headers, body });
    return answer.headers.get('x-subject-token') ?? '';
  };
  const run = async (user: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    cli.run(args, {
      env: {
        OS_AUTH_TYPE: 'admin_token',
        OS_TOKEN: await signIn(user),
        OS_ENDPOINT: `${cli.cloud().origin}/image`,
        ...more,
      },
    });
  const remove = ['delete', 'env:openstack:web', '--yes', '-o', 'json'];
  const names = () => cli.wires().map(({ name, owner }) => `${String(name)} of ${String(owner)}`);

  it('reaches nobody else’s image by name, an administrator’s nor a member’s', async () => {
    cli.image('web', {}, disk(), projects.alt);
    cli.image('mine', {}, disk(), projects.admin);
    const before = names();
    const refused = await run('root', remove);
    expect([refused.exitCode, names()], refused.stderr).toEqual([3, before]);
    expect(refused.stderr).toContain('Set projectId');
    const own = await run('root', remove, { OS_PROJECT_ID: projects.admin ?? '' });
    expect([own.exitCode, names()], own.stderr).toEqual([5, before]);
    const shared = cli.image('web', { visibility: 'shared' }, disk(), projects.alt);
    shared.members.set(projects.demo ?? '', { status: 'accepted', created_at: '2026-01-01T00:00:00Z' });
    cli.image('other', {}, disk(), projects.demo);
    const member = await run('demo', remove);
    expect(member.exitCode, member.stderr).toBe(5);
  });

  it('reaches its own', async () => {
    cli.image('web', {}, disk(), projects.demo);
    expect((await run('demo', remove)).exitCode).toBe(0);
    expect(names()).toEqual([]);
  });
});

describe('what a token is for', () => {
  const scopes = () =>
    cli
      .cloud()
      .requests()
      .flatMap(({ path, body }) =>
        path.endsWith('/auth/tokens') ? [(JSON.parse(body) as { auth: { scope: unknown } }).auth.scope] : [],
      );

  it('is the project of a trust where one is named, and never both', async () => {
    expect((await list({ ...person, TRUST_ID: trust })).exitCode).toBe(0);
    expect(scopes()).toEqual([{ 'OS-TRUST:trust': { id: trust } }]);
    expect((await list({ ...person, TRUST_ID: trust, PROJECT_NAME: 'demo' })).exitCode).toBe(3);
    expect(scopes()).toEqual([]);
  });

  it('is never a project where the whole system was asked for', async () => {
    const run = await list({ ...person, PROJECT_NAME: 'demo', SYSTEM_SCOPE: 'all' });
    expect([run.exitCode, scopes()]).toEqual([3, []]);
    expect(run.stderr).toContain('system_scope');
    const clouds = { x: { auth: { auth_url: 'http://127.0.0.1:9', username: 'demo', system_scope: 'all' } } };
    const file = cli.write('clouds.yaml', Buffer.from(JSON.stringify({ clouds })));
    const stored = await cli.run(['list', '-p', 'env:openstack'], { env: { OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: 'x' } });
    expect([stored.exitCode, stored.stderr]).toEqual([3, expect.stringContaining('system_scope')]);
  });
});
