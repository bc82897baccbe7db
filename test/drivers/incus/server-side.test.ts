import { describe, expect, it } from 'vitest';
import { failureOf, testCall } from '../../conformance/stage.ts';
import type { Fault } from '../../conformance/cloud.ts';
import { opened } from './stage.ts';

const products = ['incus', 'lxd'] as const;
type Opened = Awaited<ReturnType<typeof opened>>;

const handed = async ({ session }: Opened, id: string) => (await session.require('download').run({ id }, testCall())).handover;
const request = (handover: Awaited<ReturnType<typeof handed>>) => ({
  description: { name: 'copy', description: 'own', properties: { more: 'y' }, visibility: 'public' as const },
  ...(handover ? { handover } : {}),
  extras: {},
});

describe.each(products.flatMap((from) => products.map((to) => [from, to] as const)))('a copy from %s to %s', (from, to) => {
  it('is fetched by the target with a secret that is made for that, and is the same image', async () => {
    const [source, target] = [await opened({ product: from }), await opened({ product: to })];
    const [id = ''] = await source.cloud.seed([{ name: 'web', properties: { os: 'x' }, data: Buffer.alloc(5000, 'disk') }]);
    const handover = await handed(source, id);
    expect(source.cloud.operations.secrets.size).toBe(0);
    const call = testCall();
    const image = await target.session.require('import').run(request(handover), call);
    expect(image).toMatchObject({
      id,
      name: 'copy',
      description: 'own',
      visibility: 'public',
      properties: { os: 'x', more: 'y' },
    });
    expect(call.notes).toEqual([
      { kind: 'intended', id },
      { kind: 'created', id },
    ]);
    expect(
      [...target.traces, ...source.traces].some((line) =>
        [...source.cloud.operations.secrets.values()].some(({ secret }) => line.includes(secret)),
      ),
    ).toBe(false);
  });

  it('has no mark of what was decided about the other one, but those that it is given', async () => {
    const [source, target] = [await opened({ product: from }), await opened({ product: to })];
    const [id = ''] = await source.cloud.seed([{ name: 'web', properties: { os: 'x' } }]);
    const image = source.cloud.images.byId.get(id);
    const marks = { 'imgctl.marksOf': id, 'imgctl.managed': 'fleet', 'imgctl.channel.stable': 'web' };
    if (image) image.properties = { ...image.properties, ...marks };
    const given = { 'imgctl.managed': 'yes' };
    const asked = { ...request(await handed(source, id)), description: { name: 'copy', properties: given } };
    const { properties } = await target.session.require('import').run(asked, testCall());
    expect(properties).toEqual({ os: 'x', ...given });
    expect([...target.cloud.images.aliases.keys()]).toEqual(['copy']);
  });

  it('that cannot be fetched takes the secret back, and leaves it to the other way', async () => {
    const [source, target] = [await opened({ product: from }), await opened({ product: to })];
    const [id = ''] = await source.cloud.seed([{ name: 'web' }]);
    source.cloud.listensAt = ['127.0.0.1:1', '127.0.0.1:2'];
    const handover = await handed(source, id);
    const error = await failureOf(target.session.require('import').run(request(handover), testCall()), 'UNSUPPORTED');
    expect(error.message).toContain('cannot reach the source');
    expect([source.cloud.operations.secrets.size, target.cloud.images.byId.size]).toEqual([0, 0]);
    source.cloud.listensAt = [];
    expect(await handed(await opened({ product: from }), id).catch(() => undefined)).toBeUndefined();
  });

  it('of what the target has already, or of its own, is told as that before anything is made', async () => {
    const [source, target] = [await opened({ product: from }), await opened({ product: to })];
    const [id = ''] = await source.cloud.seed([{ name: 'web' }]);
    const handover = await handed(source, id);
    if (!handover) throw new Error('nothing was handed over');
    expect(await source.session.objection(handover, testCall(), 'copy')).toContain('same project');
    expect(await target.session.objection(handover, testCall(), 'copy')).toBeUndefined();
    await target.session.require('import').run(request(handover), testCall());
    expect(await target.session.objection(handover, testCall(), 'other')).toContain('already');
  });

  it('of what the target has under that very name fetches nothing, and has it say what was asked', async () => {
    const [source, target] = [await opened({ product: from }), await opened({ product: to })];
    const [id = ''] = await source.cloud.seed([{ name: 'web', properties: { os: 'x' } }]);
    const handover = await handed(source, id);
    if (!handover) throw new Error('nothing was handed over');
    await target.session.require('import').run(request(handover), testCall());
    target.cloud.forget();
    const secrets = source.cloud.operations.secrets.size;
    expect(await target.session.objection(handover, testCall(), 'copy')).toBeUndefined();
    const [call, again] = [testCall(), { ...request(handover), description: { name: 'copy', description: 'anew' } }];
    const image = await target.session.require('import').run(again, call);
    expect(image).toMatchObject({
      id,
      name: 'copy',
      description: 'anew',
      visibility: 'private',
      properties: { os: 'x', more: 'y' },
    });
    expect(target.cloud.requests().filter(({ method, path }) => method === 'POST' && path === '/1.0/images')).toEqual([]);
    expect([call.notes, source.cloud.operations.secrets.size]).toEqual([[], secrets]);
    await failureOf(target.session.require('import').run({ ...again, nameMustBeFree: true }, testCall()), 'CONFLICT');
  });
});

describe('what is stopped while the server works on it', () => {
  /** A server that works for so long, and a call that is stopped as soon as work has begun there. */
  async function stopping(workMs: number) {
    const target = await opened();
    target.cloud.operations.workMs = workMs;
    const stop = new AbortController();
    const isWait = ({ path }: { path: string }) => path.includes('/wait');
    void (async () => {
      while (!target.cloud.requests().some(isWait)) await new Promise((resolve) => setTimeout(resolve, 2));
      stop.abort();
    })();
    return { ...target, call: testCall(stop.signal) };
  }

  it('is ended there, and nothing of it comes to be; the secret for it is of no more use', async () => {
    const source = await opened({ product: 'lxd' });
    const [id = ''] = await source.cloud.seed([{ name: 'web' }]);
    const { session, cloud, call } = await stopping(60_000);
    const error = await failureOf(session.require('import').run(request(await handed(source, id)), call), 'ABORTED');
    expect([error.circumstances.leftover, cloud.images.byId.size]).toEqual([undefined, 0]);
    expect(call.notes.filter(({ kind }) => kind === 'warning')).toEqual([]);
  });

  it('is told as what may be left over where the server ends it no more', async () => {
    const source = await opened();
    const [id = ''] = await source.cloud.seed([{ name: 'web' }]);
    const { session, cloud, call } = await stopping(60_000);
    cloud.fail({ kind: 'answer', status: 500, times: 99, on: ({ method }) => method === 'DELETE' });
    const error = await failureOf(session.require('import').run(request(await handed(source, id)), call), 'ABORTED');
    expect(error.circumstances.leftover).toBe(id);
  });

  it('is taken away where it was made in that moment', async () => {
    const source = await opened();
    const [id = ''] = await source.cloud.seed([{ name: 'web' }]);
    const { session, cloud, call } = await stopping(0);
    const wait = cloud.operations.wait.bind(cloud.operations);
    cloud.operations.wait = () => {
      cloud.operations.wait = wait;
      return new Promise(() => undefined);
    };
    await failureOf(session.require('import').run(request(await handed(source, id)), call), 'ABORTED');
    expect(cloud.images.byId.size).toBe(0);
  });
});

it('a server that listens on no port hands nothing over', async () => {
  const source = await opened();
  const [id = ''] = await source.cloud.seed([{ name: 'web' }]);
  source.cloud.listensAt = [];
  expect(await handed(source, id)).toBeUndefined();
});

describe.each(products)('what %s makes by itself', (product) => {
  const streams = { url: 'https://images.example/', method: 'simplestreams', extras: { image: 'debian/12', alias: 'two,three' } };

  it('has the fields that it was given, whatever the source says', async () => {
    const { session } = await opened({ product });
    const description = { name: 'deb', description: 'ours', visibility: 'public', properties: { a: '1' } } as const;
    const image = await session.require('import').run({ ...streams, description }, testCall());
    expect(image).toMatchObject({ ...description, aliases: ['three', 'two'], properties: { a: '1', os: 'Probe' } });
  });

  it('is told as there where it is there already, and stays', async () => {
    const { session, cloud } = await opened({ product });
    const run = (name: string) =>
      session.require('import').run({ ...streams, extras: { image: 'debian/12' }, description: { name } }, testCall());
    const { id } = await run('deb');
    expect((await failureOf(run('again'), 'CONFLICT')).message).toContain(id);
    expect([...cloud.images.aliases.keys()]).toEqual(['deb']);
  });

  it.each<Fault>([
    { kind: 'truncate' },
    { kind: 'answer afterwards', status: 302, headers: { location: '/1.0/images' } },
    { kind: 'answer afterwards', status: 502, body: 'Bad Gateway' },
  ])('is found although the answer was lost (%o), or the work is told as failed', async (lost) => {
    const { session, cloud } = await opened({ product });
    cloud.fail({ ...lost, on: ({ method, path }) => method === 'POST' && path === '/1.0/images' });
    expect(await session.require('import').run({ ...streams, description: { name: 'deb' } }, testCall())).toMatchObject({
      name: 'deb',
    });
    cloud.failsAfterwards = 'Alias already exists: other';
    cloud.instances.push({ name: 'c1', status: 'Stopped', project: 'default', config: {} });
    const made = await session.require('create').run({ description: { name: 'c' }, fromDisk: 'c1', extras: {} }, testCall());
    expect(made.name).toBe('c');
  });

  it('is not what somebody else puts in meanwhile, whether it fails or nobody hears of it', async () => {
    const { session, cloud } = await opened({ product });
    const begin = cloud.operations.begin.bind(cloud.operations);
    let theirs = 0;
    cloud.operations.begin = (...args) => {
      void cloud.seed([{ name: `theirs-${(theirs += 1)}`, properties: { os: 'theirs' } }]);
      return begin(...args);
    };
    cloud.instances.push({ name: 'c1', status: 'Stopped', project: 'default', config: {} });
    const imported = (image: string) =>
      session.require('import').run({ ...streams, extras: { image }, description: { name: image } }, testCall());
    const made = (name: string) =>
      session.require('create').run({ description: { name }, fromDisk: 'c1', extras: {} }, testCall());
    await failureOf(imported('nothing'), 'PROVIDER');
    for (const [name, work] of [
      ['debian/12', imported],
      ['published', made],
    ] as const) {
      cloud.fail({ kind: 'truncate', on: ({ method, path }) => method === 'POST' && path === '/1.0/images' });
      expect(await work(name)).toMatchObject({ name });
    }
    const others = [...cloud.images.byId.values()].filter(({ properties }) => properties.os === 'theirs');
    expect(others.map((each) => [each.public, each.properties])).toEqual(
      Array.from({ length: theirs }, () => [false, { os: 'theirs' }]),
    );
    expect([...cloud.images.aliases.keys()].filter((name) => !name.startsWith('theirs')).sort()).toEqual([
      'debian/12',
      'published',
    ]);
  });

  it.each([
    ['a file', { url: 'https://images.example/disk.qcow2' }, 'UNSUPPORTED', '"upload"'],
    ['nothing said of which image', { url: 'https://images.example', method: 'simplestreams' }, 'USAGE', 'image='],
    ['an image that is not there', { ...streams, extras: { image: 'nothing' } }, 'PROVIDER', ''],
    ['another way', { url: 'https://images.example', method: 'glance' }, 'USAGE', 'simplestreams'],
  ] as const)('of %s is refused, with what works', async (_what, more, code, hint) => {
    const { session, cloud } = await opened({ product });
    const work = session.require('import').run({ extras: {}, description: { name: 'x' }, ...more }, testCall());
    expect(JSON.stringify((await failureOf(work, code)).circumstances)).toContain(hint);
    expect(cloud.images.byId.size).toBe(0);
  });

  it('of an instance that runs is a CONFLICT, and of one that is not there NOT_FOUND', async () => {
    const { session, cloud } = await opened({ product });
    cloud.instances.push({ name: 'c1', status: 'Running', project: 'default', config: {} });
    const create = (fromDisk: string) =>
      session.require('create').run({ description: { name: 'x' }, fromDisk, extras: {} }, testCall());
    await failureOf(create('c1'), 'CONFLICT');
    await failureOf(create('c2/snap'), 'NOT_FOUND');
    await failureOf(create('a/b/c'), 'USAGE');
    expect(cloud.images.byId.size).toBe(0);
  });
});
