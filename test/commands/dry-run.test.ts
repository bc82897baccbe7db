import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { rancherCloud, type RunningRancher } from '../clouds/rancher/index.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();

let openstack: OpenstackCloud;
let linode: RunningLinode;
let rancher: RunningRancher;
let env: Readonly<Record<string, string>>;
const ids: Record<string, string> = {};

beforeAll(async () => {
  [openstack, linode, rancher] = await Promise.all([
    startOpenstack(),
    startLinode(),
    rancherCloud({ version: '1.5', key: 'superadmin' }).start(),
  ]);
  env = {
    ...profileVariables('pcd', 'openstack', openstack.values),
    ...profileVariables('lin', 'linode', linode.values),
    ...profileVariables('cow', 'rancher', rancher.values),
  };
  [ids.pcd = '', ids.queued = ''] = await openstack.seed([
    { name: 'web', data: smallDisk(2) },
    { name: 'empty', status: 'queued' },
  ]);
  [ids.lin = ''] = await linode.seed([{ name: 'web' }]);
  ids.cow = rancher.put({ name: 'web' });
  ids.inactive = rancher.put({ name: 'db', state: 'inactive' });
  ids.removed = rancher.put({ name: 'old', state: 'removed', removedAt: Date.now(), removeTime: Date.now() + 600_000 });
});
afterAll(() => Promise.all([openstack.stop(), linode.stop(), rancher.stop()]));

/** Requests that changed something. Keystone gives tokens by POST. */
const changes = (): readonly string[] =>
  [...openstack.requests(), ...linode.requests(), ...rancher.requests()]
    .filter(({ method, path }) => method !== 'GET' && method !== 'HEAD' && !path.endsWith('/auth/tokens'))
    .map(({ method, path }) => `${method} ${path}`);

/** `IMAGE` of a line stands for the id of that name. */
const filled = (line: string): string[] =>
  line
    .split(' ')
    .map((word) =>
      word.replace(/^(\w+):(\w+)$/, (whole, profile: string, name: string) => (ids[name] ? `${profile}:${ids[name]}` : whole)),
    );

describe('a dry run', () => {
  it.each([
    ['create pcd:new --tag x', { verb: 'create', method: 'POST', body: expect.objectContaining({ name: 'new' }) }],
    ['create cow:new', { verb: 'create', method: 'POST', body: { name: 'new' } }],
    ['create lin:new --from-disk 42', { verb: 'create', method: 'POST', body: expect.objectContaining({ disk_id: 42 }) }],
    ['patch pcd:pcd --name other', { verb: 'patch', method: 'PATCH' }],
    ['patch lin:lin --name other', { verb: 'patch', method: 'PUT', body: expect.objectContaining({ label: 'other' }) }],
    ['patch cow:cow --name other', { verb: 'patch', method: 'PUT' }],
    ['deactivate pcd:pcd', { verb: 'deactivate', method: 'POST' }],
    ['deactivate cow:cow', { verb: 'deactivate', method: 'POST' }],
    ['reactivate cow:inactive', { verb: 'reactivate', method: 'POST' }],
    ['restore cow:removed', { verb: 'restore', method: 'POST' }],
    ['purge cow:removed', { verb: 'purge', method: 'POST' }],
    ['delete pcd:pcd', { verb: 'delete', method: 'DELETE' }],
    ['delete lin:lin', { verb: 'delete', method: 'DELETE' }],
    ['delete cow:inactive', { verb: 'delete', method: 'POST' }],
    [
      'replicate lin:lin --to us-iad',
      { verb: 'replicate', method: 'POST', body: { regions: expect.arrayContaining(['us-iad']) } },
    ],
    ['share pcd:pcd --with 0123456789abcdef0123456789abcdef', { verb: 'share' }],
    ['unshare pcd:pcd --with 0123456789abcdef0123456789abcdef', { verb: 'share', method: 'DELETE' }],
    ['import pcd:new --url https://example.org/x --disk-format raw', { verb: 'import', method: 'POST' }],
    ['import --into pcd:queued --url https://example.org/x', { verb: 'import' }],
    ['upload FILE --name pcd:new', { verb: 'upload', image: 'new', steps: expect.arrayContaining(['send']) }],
    ['upload FILE --name lin:new --region us-ord', { verb: 'upload', steps: expect.arrayContaining(['gzip', 'send']) }],
    ['upload FILE --into pcd:queued', { verb: 'upload' }],
    ['copy pcd:pcd lin:other', { verb: 'copy', profile: 'lin' }],
  ])('%s says what would be done and changes nothing', async (line, planned) => {
    const args = filled(line).map((word) => (word === 'FILE' ? stage.write('disk.raw', smallDisk()) : word));
    for (const cloud of [openstack, linode, rancher]) cloud.forget();
    const result = await stage.ok([...args, '--dry-run', '-o', 'json'], { env });
    expect(result.json()).toMatchObject({ dryRun: true, ...planned });
    expect(changes()).toEqual([]);
    const table = await stage.ok([...args, '-n'], { env });
    expect(table.stdout).toMatch(/verb\t/);
    expect(changes()).toEqual([]);
  });

  it('of several images has a row for each', async () => {
    for (const cloud of [openstack, linode, rancher]) cloud.forget();
    const result = await stage.ok(['delete', `lin:${ids.lin}`, `pcd:${ids.pcd}`, '-n', '-o', 'json'], { env });
    expect(result.json()).toMatchObject([{ result: 'planned' }, { result: 'planned' }]);
    expect(result.stdout).toContain('DELETE');
    const table = await stage.ok(['delete', `lin:${ids.lin}`, `pcd:${ids.pcd}`, '-n'], { env });
    expect(table.stdout).not.toContain('{"');
    expect(table.stdout).toContain('would delete');
    for (const id of [ids.lin, ids.pcd]) expect(table.stdout).toContain(id);
    expect(changes()).toEqual([]);
  });

  it('of an upload or a copy tells what becomes of a name that is taken', async () => {
    const file = stage.write('disk.raw', smallDisk());
    for (const cloud of [openstack, linode, rancher]) cloud.forget();
    const planned = async (...more: string[]) =>
      (await stage.ok(['upload', file, '--name', 'pcd:web', '-n', '-o', 'json', ...more], { env })).json() as { steps: string[] };
    for (const args of [
      ['upload', file, '--name', 'pcd:web'],
      ['copy', `pcd:${ids.pcd}`, 'lin'],
      ['upload', file, '--name', 'pcd:web', '--if-exists', 'skip'],
    ]) {
      const taken = await stage.run([...args, '-n'], { env });
      expect([taken.exitCode, taken.stdout]).toEqual([6, '']);
      expect(taken.stderr).toContain('"web"');
    }
    expect((await planned('--if-exists', 'replace')).steps.at(-1)).toBe(`delete ${ids.pcd} of the same name`);
    expect((await planned('--if-exists', 'rename')).steps.at(-1)).toMatch(/^under the name web-\d+, since the other is taken$/);
    expect(changes()).toEqual([]);
  });

  it('of an upload of the same disk says that nothing would be sent', async () => {
    const id = await stage.image('web');
    const again = await stage.ok(['upload', stage.file('seed.raw'), '--name', 'web', '--if-exists', 'skip', '-n', '-o', 'json']);
    expect(again.json()).toMatchObject({ steps: [`nothing: ${id} has the same content`] });
  });

  it('of an upload gives the plan where nobody answers, and says what is not known', async () => {
    const file = stage.write('disk.raw', smallDisk());
    const nobody = profileVariables('pcd', 'openstack', { ...openstack.values, authUrl: 'http://127.0.0.1:9/v3' });
    const result = await stage.ok(['upload', file, '--name', 'pcd:new', '--retries', '0', '-n', '-o', 'json'], { env: nobody });
    expect(result.json()).toMatchObject({ steps: expect.arrayContaining(['send']) });
    expect(result.stderr).toContain('could not check whether the name is taken');
  });

  it('shows no secret of the request', async () => {
    const result = await stage.ok(['patch', `lin:${ids.lin}`, '--name', 'x', '-n', '-o', 'json', '--debug'], { env });
    expect(result.stdout + result.stderr).not.toContain(linode.values['token']);
  });

  it('refuses what the real one would refuse before it sends anything', async () => {
    expect((await stage.run(['delete', 'pcd:nothing-like-it', '-n'], { env })).exitCode).toBe(5);
    expect((await stage.run(['share', `lin:${ids.lin}`, '--with', 'x', '-n'], { env })).exitCode).toBe(7);
    expect((await stage.run(['create', 'lin:x', '-n'], { env })).exitCode).toBe(7);
  });
});

describe('a dry run at the local store', () => {
  it.each([
    ['create new', 'create'],
    ['patch web --name other', 'patch'],
    ['deactivate web', 'deactivate'],
    ['reactivate web', 'reactivate'],
    ['delete web', 'delete'],
    ['replicate web --to second', 'replicate'],
    ['import new --url http://127.0.0.1:1/x --disk-format raw', 'import'],
  ])('%s changes nothing', async (line, verb) => {
    await stage.image('web');
    const before = (await stage.ok(['list', '--json'])).stdout;
    const planned = await stage.ok([...line.split(' '), '-n', '-o', 'json']);
    expect(planned.json()).toMatchObject({ dryRun: true, verb, provider: 'local' });
    expect((await stage.ok(['list', '--json'])).stdout).toBe(before);
  });
});
