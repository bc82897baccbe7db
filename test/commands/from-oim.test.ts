import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oimManifest } from '../../src/engine/desired/oim/read-oim.ts';
import { useOpenstackCli } from '../clouds/openstack/cli.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { qcow2Image } from '../support/disk-images.ts';
import { errorOf, smallDisk } from './stage.ts';

const cli = useOpenstackCli();
const files = new Map<string, Buffer>();
let modified = 'Tue, 03 Nov 2026 10:00:00 GMT';
let server: FakeServer;
beforeEach(async () => {
  files.clear();
  for (const number of [1, 2, 3]) files.set(`/v${number}.qcow2`, qcow2Image(smallDisk(number)));
  server = await startFakeServer(({ url, headers }) => {
    const data = files.get(url.pathname);
    if (!data) return { status: 404, body: '' };
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '');
    if (!range) return { status: 200, headers: { 'last-modified': modified }, body: data };
    const [from, to] = [Number(range[1]), range[2] === '' ? data.length - 1 : Math.min(Number(range[2]), data.length - 1)];
    const part = { 'content-range': `bytes ${from}-${to}/${data.length}`, 'last-modified': modified };
    return { status: 206, headers: part, body: data.subarray(from, to + 1) };
  });
});
afterEach(() => server.stop());

const sha256 = (path: string): string =>
  createHash('sha256')
    .update(files.get(path) ?? '')
    .digest('hex');
const version = (number: number, more: object = {}): object => ({
  version: `2026110${number}`,
  url: `${server.origin}/v${number}.qcow2`,
  checksum: `sha256:${sha256(`/v${number}.qcow2`)}`,
  build_date: `2026-11-0${number}`,
  ...more,
});
const image = (versions: readonly object[], more: object = {}): object => ({
  name: 'Ubuntu 24.04',
  enable: true,
  shortname: 'ubuntu-24.04',
  format: 'qcow2',
  login: 'ubuntu',
  password: 'known to all',
  min_disk: 8,
  min_ram: 512,
  status: 'active',
  visibility: 'private',
  multi: true,
  meta: { architecture: 'x86_64', hw_rng_model: 'virtio', os_distro: 'ubuntu', os_version: '24.04', os_purpose: 'generic' },
  tags: ['blessed'],
  versions,
  ...more,
});
const write = (...images: readonly object[]): string => cli.write('images.yml', Buffer.from(JSON.stringify({ images })));

interface Row {
  readonly action: string;
  readonly image: string;
  readonly name: string;
  readonly id?: string;
  readonly result?: string;
  readonly reason?: string;
}
const run = async (verb: 'plan' | 'apply', file: string, profile = 'demo') => {
  const yes = verb === 'apply' ? ['--yes', '--poll-interval', '5ms'] : [];
  const result = await cli.run([verb, '--from-oim', file, '-p', profile, '-o', 'json', ...yes]);
  return { ...result, rows: (result.stdout === '' ? [] : result.json()) as readonly Row[] };
};
const applied = async (file: string, profile?: string): Promise<readonly string[]> => {
  const { exitCode, stderr, rows } = await run('apply', file, profile);
  expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
  expect(rows.filter(({ result }) => result !== 'ok')).toEqual([]);
  return rows.map(({ action, image: of }) => `${action} ${of}`);
};
const named = (): readonly string[] =>
  cli
    .wires()
    .map((wire) => String(wire.name))
    .toSorted();
const wire = (name: string): Readonly<Record<string, unknown>> => cli.wires().find((one) => one.name === name) ?? {};
/** Requests for the data of an image. */
const fetched = (): number =>
  server.requests().filter(({ headers }) => headers.range === undefined || !/^bytes=0-0$/.test(headers.range)).length;

describe("images of OSISM's image manager", () => {
  it('are made with the properties, tags and names that its manager gives them, and then nothing is done', async () => {
    const file = write(image([version(1)]));
    expect(await applied(file)).toEqual(['add Ubuntu-24.04']);
    expect(wire('Ubuntu 24.04')).toMatchObject({
      disk_format: 'qcow2',
      container_format: 'bare',
      min_disk: 8,
      min_ram: 512,
      visibility: 'private',
      architecture: 'x86_64',
      hw_rng_model: 'virtio',
      image_build_date: '2026-11-01',
      image_description: 'Ubuntu 24.04',
      image_name: 'Ubuntu 24.04',
      image_original_user: 'ubuntu',
      image_source: `${server.origin}/v1.qcow2`,
      internal_version: '20261101',
      os_distro: 'ubuntu',
      os_purpose: 'generic',
      os_version: '24.04',
    });
    expect([...(wire('Ubuntu 24.04').tags as string[])].toSorted()).toEqual(['blessed', 'managed_by_osism', 'os:ubuntu']);
    const bytes = fetched();
    expect([await applied(file), fetched()]).toEqual([[], bytes]);
  });

  it('rotate their names, and keep their ids', async () => {
    await applied(write(image([version(1)], { visibility: 'public' })), 'root');
    const first = wire('Ubuntu 24.04').id;
    const file = write(image([version(2)], { visibility: 'public' }));
    expect(await applied(file, 'root')).toEqual(['add Ubuntu-24.04', 'retarget Ubuntu-24.04', 'property Ubuntu-24.04']);
    expect(named()).toEqual(['Ubuntu 24.04', 'Ubuntu 24.04 (20261101)']);
    expect(wire('Ubuntu 24.04 (20261101)')).toMatchObject({ id: first, os_purpose: 'oldgeneric' });
    expect(wire('Ubuntu 24.04')).toMatchObject({ internal_version: '20261102', os_purpose: 'generic' });
    expect(await applied(file, 'root')).toEqual([]);
  });

  it('are all there whose versions are listed, the newest by its numbers with the plain name', async () => {
    const three = [version(1, { version: '9' }), version(3, { version: '10' }), version(2, { version: '9.1' })];
    const file = write(image(three, { separator: '-' }));
    expect(await applied(file)).toEqual(['add Ubuntu-24.04-9', 'add Ubuntu-24.04-9.1', 'add Ubuntu-24.04']);
    expect(named()).toEqual(['Ubuntu 24.04', 'Ubuntu 24.04-(9)', 'Ubuntu 24.04-(9.1)']);
    expect(wire('Ubuntu 24.04').internal_version).toBe('10');
    expect(await applied(file)).toEqual([]);
    const kept = (
      await cli.ok(['prune', '-p', 'demo', '--keep', '1', '--unused', '--yes', '-o', 'json'])
    ).json() as readonly Row[];
    expect(kept.map(({ action }) => action)).toEqual(['keep', 'keep', 'keep']);
  });

  it('keep the plain name on the one that is there until a newer one is', async () => {
    await applied(write(image([version(1)])));
    const first = wire('Ubuntu 24.04').id;
    const file = write(image([version(1), version(2)]));
    expect(await applied(file)).toEqual(['add Ubuntu-24.04', 'retarget Ubuntu-24.04']);
    expect(wire('Ubuntu 24.04 (20261101)').id).toBe(first);
    expect(await applied(file)).toEqual([]);
  });

  it('are each by itself where they are not of several versions', async () => {
    const file = write(image([version(1), version(2)], { multi: false, name: 'Cirros' }));
    expect(await applied(file)).toEqual(['add Cirros-20261101', 'add Cirros-20261102']);
    expect(named()).toEqual(['Cirros 20261101', 'Cirros 20261102']);
    expect(wire('Cirros 20261101')).toMatchObject({ os_version: '20261101', image_description: 'Cirros' });
    expect(await applied(file)).toEqual([]);
  });

  it('that its manager has made are taken over, whatever they are called, and no byte is sent', async () => {
    const made = (number: number, name: string): unknown =>
      cli.image(name, {
        tags: ['managed_by_osism', 'os:ubuntu'],
        image_description: 'Ubuntu 24.04',
        internal_version: `2026110${number}`,
        image_source: `${server.origin}/v${number}.qcow2`,
      }).wire.id;
    const [older, newer] = [made(1, 'Ubuntu 24.04 (20261101)'), made(2, 'Ubuntu 24.04')];
    expect(await applied(write(image([version(1), version(2)])))).toEqual(['reuse Ubuntu-24.04', 'reuse Ubuntu-24.04-20261101']);
    expect(fetched()).toBe(0);
    expect([wire('Ubuntu 24.04 (20261101)').id, wire('Ubuntu 24.04').id]).toEqual([older, newer]);
    expect(await applied(write(image([version(3)])))).toEqual([
      'add Ubuntu-24.04',
      'retarget Ubuntu-24.04',
      'property Ubuntu-24.04',
      'property Ubuntu-24.04',
    ]);
    expect(wire('Ubuntu 24.04 (20261102)').id).toBe(newer);
  });

  it('differ, and the hint is the command that makes them so', async () => {
    const file = write(image([version(1)]));
    const words = ['--from-oim', file, '-p', 'demo', '--region', 'RegionOne'];
    const planned = await cli.run(['plan', ...words, '--check', '--json']);
    expect([planned.exitCode, errorOf(planned).hint], planned.stderr).toEqual([
      15,
      `Make everything so with: imgctl apply ${words.join(' ')}`,
    ]);
  });

  it('that point to whatever is the latest follow its checksum, and get the day on which it was put there', async () => {
    const latest = () => {
      files.set('/SUMS', Buffer.from(`${sha256('/v1.qcow2')}  v1.qcow2\n`));
      return write(image([{ version: 'latest', url: `${server.origin}/v1.qcow2`, checksums_url: `${server.origin}/SUMS` }]));
    };
    expect(await applied(latest())).toEqual(['add Ubuntu-24.04']);
    const about = { internal_version: '20261103', image_build_date: '2026-11-03', upstream_checksum: sha256('/v1.qcow2') };
    expect(wire('Ubuntu 24.04')).toMatchObject(about);
    expect(await applied(latest())).toEqual([]);
    files.set('/v1.qcow2', qcow2Image(smallDisk(9)));
    modified = 'Wed, 04 Nov 2026 10:00:00 GMT';
    expect(await applied(latest())).toEqual(['add Ubuntu-24.04', 'retarget Ubuntu-24.04', 'property Ubuntu-24.04']);
    expect(named()).toEqual(['Ubuntu 24.04', 'Ubuntu 24.04 (20261103)']);
  });

  it.each([false, true])(
    'of multi: %s are made anew where the checksum of a version is another one, and the older one stays',
    async (multi) => {
      await applied(write(image([version(1)], { multi })));
      const { name, id } = { ...cli.wires()[0] };
      files.set('/v1.qcow2', qcow2Image(smallDisk(9)));
      const file = write(image([version(1)], { multi }));
      expect((await applied(file)).slice(0, 2).map((line) => line.split(' ')[0])).toEqual(['add', 'retarget']);
      expect(named()).toEqual([name, `${String(name)} (${String(id)})`]);
      expect(wire(`${String(name)} (${String(id)})`).id).toBe(id);
      expect(await applied(file)).toEqual([]);
    },
  );

  it('that its manager has made are other ones where Glance has another digest of them than the file', async () => {
    const made = {
      tags: ['managed_by_osism'],
      image_description: 'Ubuntu 24.04',
      internal_version: '20261101',
      disk_format: 'qcow2',
    };
    cli.image('Ubuntu 24.04', { ...made, image_source: `${server.origin}/v1.qcow2` }, files.get('/v1.qcow2'));
    const planned = async (path: string): Promise<readonly string[]> => {
      const checksum = createHash('sha512')
        .update(files.get(path) ?? '')
        .digest('hex');
      return (await run('plan', write(image([version(1, { checksum: `sha512:${checksum}` })])))).rows.map(({ action }) => action);
    };
    expect(await planned('/v1.qcow2')).toEqual(['reuse']);
    expect(await planned('/v2.qcow2')).toEqual(['add', 'retarget']);
  });

  it.each([
    ['file:///srv/images/v1.qcow2', 'file:v1.qcow2'],
    ['file:v1.qcow2', 'file:v1.qcow2'],
  ])('from %s say %s, and not where it lies', (url, said) => {
    const file = 'images.yml';
    const { images } = oimManifest(
      [{ file, value: { images: [image([version(1, { url })])] } }],
      file,
      ['demo'],
      () => undefined,
    );
    expect(images[0]?.labels.properties?.image_source).toBe(said);
  });

  it('get a larger smallest disk where theirs is too small, a chosen id, and are out of use where that is said', async () => {
    const id = '6f0c4b38-0f2e-4dd6-9c3b-2d5a1c4c9f10';
    const file = write(image([version(1, { id })], { min_disk: 0, status: 'deactivated' }));
    expect(await applied(file)).toEqual(['add Ubuntu-24.04', 'deactivate Ubuntu-24.04']);
    expect(wire('Ubuntu 24.04')).toMatchObject({ id, min_disk: 1, status: 'deactivated' });
    expect(await applied(file)).toEqual([]);
  });

  it('are read from a folder, of every enabled one, and what is not known is told and kept', async () => {
    const more = { enable: false, name: 'Old' };
    const file = write(
      image([version(1, { chksum: 'x' })], {
        colour: 'red',
        meta: { os_distro: 'ubuntu', hw_rng_modell: 'virtio', hw_disk_buss: null },
      }),
      image([version(2)], more),
    );
    const folder = file.slice(0, file.lastIndexOf('/'));
    const { rows, stderr } = await run('plan', folder);
    expect(rows.map(({ image: of }) => of)).toEqual(['Ubuntu-24.04']);
    expect(stderr).toContain('images[0].colour is not known, and has no effect');
    expect(stderr).toContain('images[0].versions[0].chksum is not known, and has no effect. Did you mean checksum?');
    expect(stderr).toContain(
      'images[0].meta.hw_rng_modell is not known, and becomes a property as it is. Did you mean hw_rng_model?',
    );
    // What is null is no property, under whatever name.
    expect(stderr).not.toContain('hw_disk_buss');
    await applied(folder);
    expect(wire('Ubuntu 24.04')).toMatchObject({ hw_rng_modell: 'virtio' });
    expect(Object.keys(wire('Ubuntu 24.04'))).not.toContain('hw_disk_buss');
  });

  it('can be planned, and the plan applied', async () => {
    const plan = cli.file('plan.json');
    await cli.ok(['plan', '--from-oim', write(image([version(1)])), '-p', 'demo', '--out', plan]);
    expect(cli.read('plan.json').toString()).not.toContain('known to all');
    const rows = (await cli.ok(['apply', plan, '--yes', '-o', 'json'])).json() as readonly Row[];
    expect(rows.map(({ action, result }) => [action, result])).toEqual([['add', 'ok']]);
  });
});

describe('a file of OSISM that cannot be meant', () => {
  it.each([
    [{ multi: 'yes' }, /images\[0\]\.multi is a string, and not true or false/],
    [{ versions: 'all' }, /images\[0\]\.versions is missing, or no list/],
    [{ status: 'queued' }, /images\[0\]\.status is \\?"queued\\?", and not one of active, deactivated/],
    [{ login: undefined }, /images\[0\]\.login is missing/],
    [{ min_disk: 1.5 }, /images\[0\]\.min_disk is no whole number/],
    [{ meta: { 'imgctl.managed': 'x' } }, /images\[0\]\.meta\.imgctl\.managed is set by imgctl only/],
    [{ versions: [{ version: '1', url: 'ftp://a.test/x' }] }, /versions\[0\]\.url has a scheme that is not supported/],
    [{ versions: [{ version: 'latest', url: 'https://a.test/x' }] }, /versions\[0\]\.checksums_url/],
    [
      { versions: [{ version: '1', url: 'https://a.test/x', checksum: 'sha256:zz' }] },
      /versions\[0\]\.checksum is not right: a sha256/,
    ],
    [{ versions: [{ version: '1', url: 'https://a.test/x', checksum: 'zz' }] }, /versions\[0\]\.checksum is no digest/],
    [{ versions: [{ version: 1, url: 'https://a.test/x' }] }, /versions\[0\]\.version is a number, and not a text/],
  ])('is refused, and says where: %j', async (more, message) => {
    const { exitCode, stderr } = await run('plan', write(image([version(1)], more)));
    expect([exitCode, stderr.replace(/\s+/g, ' ')]).toEqual([3, expect.stringMatching(message)]);
  });

  it('nor be combined with a manifest', async () => {
    const file = write(image([version(1)]));
    expect((await cli.run(['plan', '--from-oim', file, '-f', file])).exitCode).toBe(2);
    expect((await cli.run(['plan', '--from-oim', cli.file('none.yml')])).exitCode).toBe(5);
  });
});
