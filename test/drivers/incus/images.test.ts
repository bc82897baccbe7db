import { describe, expect, it } from 'vitest';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { gather, makeContent } from '../../support/content.ts';
import { incusErrorBody } from '../../clouds/incus/index.ts';
import { opened } from './stage.ts';

const json = { 'content-type': 'application/json' };

describe('who is not trusted', () => {
  it('is told so where own images are asked for, and shown the public ones where all are', async () => {
    const { session, cloud } = await opened({ auth: 'untrusted' });
    await cloud.seed([{ name: 'mine' }, { name: 'open', isPublic: true }]);
    for (const scope of ['own', 'mine'] as const) {
      const error = await failureOf(allOf(session.require('list').run({ ...everything, scope }, testCall())), 'AUTH');
      expect(error.circumstances.hint).toMatch(/trust add-certificate FILE[^]*lxc config trust add --name NAME/);
      expect(error.circumstances.next).toEqual([{ verb: 'profile check' }]);
    }
    const all = await allOf(session.require('list').run({ ...everything, scope: 'all' }, testCall()));
    expect(all.map(({ name }) => name)).toEqual(['open']);
  });
});

it('a list has the same order each time, which the server has not', async () => {
  const { session, cloud } = await opened();
  const names = Array.from({ length: 12 }, (_, at) => `image-${String(at).padStart(2, '0')}`);
  const ids = await cloud.seed(names.toReversed().map((name) => ({ name })));
  const listed = async () => (await allOf(session.require('list').run(everything, testCall()))).map(({ name }) => name);
  expect(await listed()).toEqual(names);
  cloud.images.aliases.clear();
  const nameless = async () => (await allOf(session.require('list').run(everything, testCall()))).map(({ id }) => id);
  expect(await nameless()).toEqual([...ids].sort());
});

it('a list of private images is had by one request: nobody else is shown them', async () => {
  const { session, cloud } = await opened();
  await cloud.seed([{ name: 'mine' }, { name: 'open', isPublic: true }]);
  expect(await allOf(session.require('list').run(everything, testCall()))).toHaveLength(2);
  expect(cloud.requests().map(({ path }) => path)).toEqual(['/1.0/images?recursion=1']);
});

describe('ids', () => {
  it.each(['f', 'f93%', '_', 'F'.repeat(64), 'web', '..', 'f'.repeat(63)])('%s never stands in the place of one', async (id) => {
    const { session, cloud } = await opened();
    await cloud.seed([{ name: 'here' }]);
    cloud.forget();
    await failureOf(session.require('show').run({ id }, testCall()), 'NOT_FOUND');
    await failureOf(session.require('delete').run({ id }, testCall()), 'NOT_FOUND');
    expect(cloud.requests().filter(({ path }) => !path.startsWith('/1.0/images/aliases/'))).toEqual([]);
    expect(cloud.images.byId.size).toBe(1);
  });
});

describe('records', () => {
  it.each(['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z'])('%s is no date', async (never) => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'web' }]);
    Object.assign(cloud.images.byId.get(id)?.extra ?? {}, { expires_at: never });
    expect((await session.require('show').run({ id }, testCall())).expiresAt).toBeUndefined();
    Object.assign(cloud.images.byId.get(id)?.extra ?? {}, { expires_at: '2031-01-02T03:04:05Z' });
    expect((await session.require('show').run({ id }, testCall())).expiresAt).toBe('2031-01-02T03:04:05Z');
  });

  it('are called by the shortest of their names, else by their property, else by the beginning of their id', async () => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'longer', properties: { name: 'told' } }]);
    const name = async (): Promise<string> => (await session.require('show').run({ id }, testCall())).name;
    for (const alias of ['', 'webs', 'web']) cloud.images.aliases.set(alias, { target: id, description: '' });
    expect(await name()).toBe('web');
    cloud.images.aliases.clear();
    expect(await name()).toBe('told');
    Object.assign(cloud.images.byId.get(id)?.extra ?? {}, { properties: {} });
    expect(await name()).toBe(id.slice(0, 12));
  });
});

describe('who may use some projects alone', () => {
  it('is told which they are, where another one is refused or shows nothing', async () => {
    const { session, cloud } = await opened({ restrictedTo: ['demo', 'other'] });
    await cloud.seed([{ name: 'theirs' }]);
    const call = testCall();
    expect(await allOf(session.require('list').run(everything, call))).toEqual([]);
    expect(call.notes).toMatchObject([{ kind: 'warning', message: expect.stringMatching(/project default .* demo, other/) }]);
    const upload = { description: { name: 'web' }, content: makeContent({ format: 'qcow2' }), extras: {} };
    for (const work of [
      () => session.require('upload').run(upload, testCall()),
      () => session.require('delete').run({ id: '0'.repeat(64) }, testCall()),
    ])
      expect((await failureOf(work(), 'AUTH')).circumstances.hint).toContain('demo, other');
  });

  it('is not bothered where that project is the one of the profile', async () => {
    const { session } = await opened({ restrictedTo: ['default'] });
    const call = testCall();
    expect(await allOf(session.require('list').run(everything, call))).toEqual([]);
    expect(call.notes).toEqual([]);
  });
});

describe('properties called as fields are', () => {
  it('are kept apart from those, told of, and themselves again when they are read', async () => {
    const { session, cloud } = await opened();
    const properties = { name: 'its own', description: 'another', os: 'x', none: '' };
    const description = { name: 'web', description: 'shown', properties };
    const call = testCall();
    const image = await session
      .require('upload')
      .run({ description, content: makeContent({ format: 'qcow2' }), extras: {} }, call);
    const { none: _dropped, ...kept } = properties;
    expect(image).toMatchObject({ name: 'web', description: 'shown', properties: kept });
    expect(call.notes.filter(({ kind }) => kind === 'warning').length).toBe(3);
    expect(cloud.images.byId.get(image.id)?.properties).toMatchObject({ name: 'web', description: 'shown' });
    const changes = { properties: { name: 'changed' }, removeProperties: ['description'] };
    const after = await session.require('patch').run({ id: image.id, changes, extras: {} }, testCall());
    expect(after).toMatchObject({ name: 'web', description: 'shown', properties: { name: 'changed', os: 'x' } });
    expect(after.properties).not.toHaveProperty('description');
  });
});

it.each(['incus', 'lxd'] as const)('%s: what could not be deleted is not said to be gone', async (product) => {
  const { session, cloud } = await opened({ product });
  const [id = ''] = await cloud.seed([{ name: 'web' }]);
  cloud.failsToDelete = 'peer node 10.0.0.2:8443 is down';
  const error = await failureOf(session.require('delete').run({ id }, testCall()), 'PROVIDER');
  expect(error.message).toContain('peer node 10.0.0.2:8443 is down');
  cloud.images.remove(id);
  await failureOf(session.require('delete').run({ id }, testCall()), 'NOT_FOUND');
});

describe('a failure inside a success', () => {
  it('is one, by its words', async () => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'web' }]);
    const answers = [
      ['no space left on device', 'LIMIT'],
      ['User does not have permission', 'AUTH'],
      ["Profile 'x' doesn't exist", 'NOT_FOUND'],
      ['something odd', 'PROVIDER'],
    ] as const;
    for (const [words, code] of answers) {
      cloud.fail({ kind: 'answer', status: 200, headers: json, body: incusErrorBody(words) });
      expect((await failureOf(session.require('show').run({ id }, testCall()), code)).message).toContain(words);
    }
  });
});

describe('a change', () => {
  it('takes properties away, and keeps what it does not name', async () => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'web', properties: { a: '1', b: '2' } }]);
    const changes = { removeProperties: ['a', 'nobody'], properties: { c: '3', 'x/y~z': 'ü' } };
    const { properties } = await session.require('patch').run({ id, changes, extras: {} }, testCall());
    expect(properties).toEqual({ b: '2', c: '3', 'x/y~z': 'ü' });
  });

  it('refuses what the server would drop or nobody could reach, before any request', async () => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'web' }]);
    for (const changes of [{ properties: { a: '' } }, { name: '' }, { name: null }])
      await failureOf(session.require('patch').run({ id, changes, extras: {} }, testCall()), 'USAGE');
    expect(cloud.requests()).toEqual([]);
  });

  it('of the name is refused where that is taken, and gives one to an image that has none', async () => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'web' }, { name: 'db' }]);
    const rename = (name: string) => session.require('patch').run({ id, changes: { name }, extras: {} }, testCall());
    await failureOf(rename('db'), 'CONFLICT');
    expect((await rename('a/b c')).name).toBe('a/b c');
    cloud.images.aliases.delete('a/b c');
    expect((await rename('again')).name).toBe('again');
  });
});

it('LXD, which renames in ten seconds, is given the new name and then relieved of the old one', async () => {
  const { session, cloud } = await opened({ product: 'lxd' });
  const [id = ''] = await cloud.seed([{ name: 'web' }, { name: 'db' }]);
  cloud.images.aliases.set('web', { target: id, description: 'kept' });
  cloud.forget();
  const rename = (name: string) => session.require('patch').run({ id, changes: { name }, extras: {} }, testCall());
  expect((await rename('new')).name).toBe('new');
  expect([...cloud.images.aliases.keys()].sort()).toEqual(['db', 'new']);
  expect(cloud.images.aliases.get('new')?.description).toBe('kept');
  expect(cloud.requests().filter(({ method, path }) => method === 'POST' && path.startsWith('/1.0/images/aliases/'))).toEqual([]);
  await failureOf(rename('db'), 'CONFLICT');
  expect(cloud.images.aliases.get('new')?.target).toBe(id);
});

describe('a download', () => {
  it('is refused where what came is not what the fingerprint is of, or ends before its end', async () => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'web', data: Buffer.alloc(100_000, 'disk') }]);
    const image = cloud.images.byId.get(id);
    const read = async () => gather((await session.require('download').run({ id }, testCall())).open());
    expect((await read()).length).toBe(100_000);
    cloud.cutsExports = true;
    expect((await failureOf(read(), 'INTEGRITY')).message).toContain('broken off');
    cloud.cutsExports = false;
    image?.disk.write('other', 50_000);
    expect((await failureOf(read(), 'INTEGRITY')).message).toContain('fingerprint');
  });

  it('of a part gives no more than that', async () => {
    const { session, cloud } = await opened();
    const data = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
    const [id = ''] = await cloud.seed([{ name: 'web', data }]);
    const found = await session.require('download').run({ id }, testCall());
    for (const [from, to] of [
      [0, 0],
      [0, 99_999],
      [150_000, 199_999],
      [70_000, 130_000],
    ] as const)
      expect((await gather(found.open(from, to))).equals(data.subarray(from, to + 1)), `${from}-${to}`).toBe(true);
    expect((await gather(found.open(190_000))).equals(data.subarray(190_000))).toBe(true);
  });

  it('of one archive gives it with its digest; of a container there is no disk', async () => {
    const { session, cloud } = await opened();
    const [id = ''] = await cloud.seed([{ name: 'web', data: Buffer.from('archive') }]);
    const image = cloud.images.byId.get(id);
    if (image) cloud.images.byId.set(id, { ...image, isUnified: true });
    const found = await session.require('download').run({ id }, testCall());
    expect(found).toMatchObject({ encoding: { format: 'tar', compression: 'gzip' }, bytes: 7, digests: { sha256: id } });
    if (image) cloud.images.byId.set(id, { ...image, isVirtualMachine: false });
    await failureOf(session.require('download').run({ id }, testCall()), 'UNSUPPORTED');
  });
});

it('an image is used by the instances that were made from it', async () => {
  const { session, cloud } = await opened();
  const [id = '', other = ''] = await cloud.seed([{ name: 'web' }, { name: 'db' }]);
  cloud.instances.push({ name: 'c1', status: 'Stopped', project: 'default', config: { 'volatile.base_image': id } });
  const images = await Promise.all([id, other].map((one) => session.require('show').run({ id: one }, testCall())));
  const found = await session.require('uses').run({ images }, testCall());
  expect(found.map(({ uses }) => uses)).toEqual([[{ kind: 'instance', id: 'c1', status: 'stopped', owner: 'default' }], []]);
  cloud.sharing.push('shares');
  cloud.instances.push({ name: 'c2', status: 'Running', project: 'shares', config: { 'volatile.base_image': other } });
  expect((await session.require('uses').run({ images }, testCall())).map(({ uses }) => uses.map(({ id: name }) => name))).toEqual(
    [['c1'], ['c2']],
  );
  const restricted = await opened({ restrictedTo: ['default'] });
  expect(await restricted.session.require('uses').run({ images }, testCall())).toMatchObject(
    images.map(() => ({ unasked: [{ kind: 'instance', reason: expect.stringContaining('other projects') }] })),
  );
  for (const kind of ['projects', 'instances']) {
    const on = ({ path }: { path: string }) => path.startsWith(`/1.0/${kind}`);
    cloud.fail({ kind: 'answer', status: 403, headers: json, body: incusErrorBody('not authorized', 403), on, times: 9 });
    const [unknown] = await session.require('uses').run({ images }, testCall());
    expect(unknown).toMatchObject({ unasked: [{ kind: 'instance' }, ...(kind === 'projects' ? [] : [{ kind: 'instance' }])] });
  }
});
