import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands/index.ts';
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
  const kept = openstack.one.store.images.get(ids.pcd);
  kept?.members.set('fedcba9876543210fedcba9876543210', { status: 'pending', created_at: '2026-11-28T18:00:00Z' });
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

/** What each verb does to what is there. */
const risks: Readonly<Record<string, string>> = {
  create: 'add',
  import: 'add',
  upload: 'add',
  copy: 'add',
  patch: 'property',
  share: 'property',
  unshare: 'property',
  reactivate: 'property',
  restore: 'property',
  deactivate: 'deactivate',
  delete: 'delete',
  purge: 'delete',
  replicate: 'add',
};

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
    ['unshare pcd:pcd --with fedcba9876543210fedcba9876543210', { verb: 'unshare', method: 'DELETE' }],
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
    expect(result.json()).toMatchObject({ dryRun: true, risk: risks[line.split(' ')[0] ?? ''], ...planned });
    expect(changes()).toEqual([]);
    const table = await stage.ok([...args, '-n'], { env });
    expect(table.stdout).toMatch(/^dryRun\ttrue\nverb\t/);
    expect(table.stdout, 'no JSON in a cell').not.toContain('{"');
    const [, verb = '', about = ''] = /^(\w+) (?:\w+ --\w+ )?(\S+)/.exec(filled(line).join(' ')) ?? [];
    expect(table.stdout, 'what it is about').toContain(about.replace(/^(pcd|lin|cow):|^(FILE|--into)$/, ''));
    if (/^(patch|deactivate|delete|replicate|share|unshare)$/.test(verb)) expect(table.stdout).toMatch(/^name\t(web|db)$/m);
    const seen = await stage.ok([...args, '-n'], { env, terminal: true });
    expect(seen.stderr).toMatch(/^dry run: nothing is sent or changed$/m);
    expect(changes()).toEqual([]);
  });

  it.each([
    ['profile add new --provider local --set path=/x', 'new'],
    ['profile set kept path=/y', 'kept'],
    ['profile use kept', 'kept'],
    ['profile remove kept', 'kept'],
  ])('%s says so in every format, and changes nothing', async (line, name) => {
    await stage.ok(['profile', 'add', 'kept', '--provider', 'local', '--set', 'path=/x']);
    const before = (await stage.ok(['profile', 'list', '-o', 'json'])).stdout;
    const planned = async (...more: readonly string[]) => stage.ok([...line.split(' '), '-n', ...more]);
    expect([(await planned('-o', 'json')).json()].flat()).toMatchObject([{ dryRun: true, name }]);
    expect([(await planned('-o', 'jsonl')).json()].flat()).toMatchObject([{ dryRun: true, name }]);
    for (const format of ['table', 'csv']) expect((await planned('-o', format)).stdout).toMatch(/^.*\bdryRun\b/);
    expect((await stage.run([...line.split(' '), '-n'], { terminal: true })).stderr).toContain('dry run: nothing is');
    expect((await stage.ok(['profile', 'list', '-o', 'json'])).stdout).toBe(before);
  });

  it('tells of an upload what is sent, as what, and what the record says', async () => {
    const file = stage.write('disk.raw', smallDisk());
    const args = ['upload', file, '--name', 'lin:new', '--region', 'us-ord', '--tag', 'x', '--description', 'd', '-n'];
    expect((await stage.ok([...args, '-o', 'json'], { env })).json()).toMatchObject({
      source: { name: file, format: 'raw', bytes: 1024 * 1024 },
      target: { format: 'raw', compression: 'gzip' },
      labels: { tags: ['x'], description: 'd', place: 'us-ord' },
    });
    expect((await stage.ok(args, { env })).stdout).toContain(`source\t${file} (raw, 1.0 MiB)\ntarget\traw, gzip\n`);
  });

  it.each([
    ['patch', 'pcd:pcd'],
    ['patch', 'pcd:pcd', 'pcd:queued'],
    ['create', 'pcd:new'],
    ['upload', 'FILE', '--name', 'pcd:new'],
    ['import', 'pcd:new', '--url', 'https://example.org/x', '--disk-format', 'raw'],
    ['copy', 'pcd:pcd', 'pcd:copy'],
  ])('%s shows no property whose name says that it is a secret', async (...words) => {
    const args = filled(words.join(' ')).map((word) => (word === 'FILE' ? stage.write('disk.raw', smallDisk()) : word));
    for (const name of ['password', 'adminPass', 'os_admin_pass', 'apiKey', 'auth-token'])
      for (const format of ['json', 'table', 'wide']) {
        const shown = await stage.run([...args, '--property', `${name}=hush-hush`, '-n', '-o', format], { env });
        expect([0, 12], shown.stderr).toContain(shown.exitCode);
        expect(shown.stdout + shown.stderr, name).not.toContain('hush-hush');
      }
  });

  it('shows each field of a request on a line of its own, however deep it lies', async () => {
    const { stdout } = await stage.ok(['create', 'local:new', '--property', 'os=linux', '-n'], { env });
    expect(stdout).toContain('body.description.properties.os\tlinux\n');
    expect(stdout).not.toContain('{"');
  });

  it('tells of an import what is fetched', async () => {
    const planned = await stage.ok(
      ['import', 'pcd:new', '--url', 'https://u:p@example.org/x?sig=1', '--disk-format', 'raw', '-n'],
      {
        env,
      },
    );
    expect(planned.stdout).toContain('source\thttps://example.org/x\n');
  });

  it('takes the columns of what would be drawn, and refuses those that there are not', async () => {
    for (const columns of ['id', 'name', 'verb', 'id,name'])
      await stage.ok(['patch', `pcd:${ids.pcd}`, '--tag', 'x', '-n', '-c', columns], { env });
    expect((await stage.run(['patch', `pcd:${ids.pcd}`, '--tag', 'x', '-n', '-c', 'nosuch'], { env })).exitCode).toBe(2);
  });

  it('of an id that is not there is refused as the real one', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    for (const args of [
      ['delete', `pcd:${id}`],
      ['patch', `pcd:${id}`, '--tag', 'x'],
      ['deactivate', `pcd:${id}`],
    ])
      expect((await stage.run([...args, '-n'], { env })).exitCode, args.join(' ')).toBe(5);
  });

  it('of several images has a row for each', async () => {
    for (const cloud of [openstack, linode, rancher]) cloud.forget();
    const result = await stage.ok(['delete', `lin:${ids.lin}`, `pcd:${ids.pcd}`, '-n', '-o', 'json'], { env });
    expect(result.json()).toMatchObject(
      [ids.lin, ids.pcd].map((id) => ({ result: 'planned', id, name: 'web', status: 'active' })),
    );
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
    for (const args of [
      ['upload', file, '--name', 'pcd:web'],
      ['copy', `pcd:${ids.pcd}`, 'lin'],
      ['upload', file, '--name', 'pcd:web', '--if-exists', 'skip'],
    ]) {
      const taken = await stage.run([...args, '-n'], { env });
      expect([taken.exitCode, taken.stdout]).toEqual([6, '']);
      expect(taken.stderr).toContain('"web"');
    }
    expect(changes()).toEqual([]);
  });

  it('of every verb that may replace ends with what is deleted, or with the name that is taken instead', async () => {
    const file = stage.write('disk.raw', smallDisk());
    await stage.ok(['upload', file, '--name', 'local:web', '--if-exists', 'skip'], { env });
    const lines: Readonly<Record<string, readonly string[]>> = {
      upload: ['upload', file, '--name', 'pcd:web'],
      copy: ['copy', 'local:web', 'pcd:web'],
      import: ['import', 'pcd:web', '--url', 'https://mirror.example/web.img', '--disk-format', 'raw'],
    };
    const loaded = await Promise.all(commands.map(async ({ path, load }) => ({ path, options: (await load()).options })));
    const replacing = loaded.filter(({ options }) => 'ifExists' in options).map(({ path }) => path);
    expect(Object.keys(lines).sort()).toEqual(replacing.sort());
    for (const cloud of [openstack, linode, rancher]) cloud.forget();
    for (const line of Object.values(lines)) {
      const planned = async (how: string) =>
        (await stage.ok([...line, '--if-exists', how, '-n', '-o', 'json'], { env })).json() as { risk: string; steps: string[] };
      const replaces = await planned('replace');
      expect([replaces.risk, replaces.steps.at(-1)], line[0]).toEqual(['replace', `delete the image that is ${ids.pcd} now`]);
      const renames = await planned('rename');
      const renamed = /^under the name web-\w+, since the other is taken$/;
      expect([renames.risk, renames.steps.at(-1)], line[0]).toEqual(['add', expect.stringMatching(renamed)]);
    }
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
    ['replicate web --to home', 'replicate'],
    ['import new --url http://127.0.0.1:1/x --disk-format raw', 'import'],
  ])('%s changes nothing', async (line, verb) => {
    await stage.image('web');
    const before = (await stage.ok(['list', '--json'])).stdout;
    const planned = await stage.ok([...line.split(' '), '-n', '-o', 'json']);
    expect(planned.json()).toMatchObject({ dryRun: true, verb, provider: 'local' });
    expect((await stage.ok(['list', '--json'])).stdout).toBe(before);
  });
});
