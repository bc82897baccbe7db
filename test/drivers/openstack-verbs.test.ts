import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import type { Changes, ImportRequest, UploadRequest } from '../../src/core/operation.ts';
import driver from '../../src/drivers/openstack/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { projects } from '../clouds/openstack/keystone.ts';
import { failureOf, testCall } from '../conformance/stage.ts';
import { makeContent } from '../support/content.ts';
import { openSession } from '../support/open-session.ts';

let cloud: OpenstackCloud;
beforeEach(async () => {
  cloud = await startOpenstack();
});
afterEach(() => cloud.stop());

const session = (as = 'demo') => openSession(driver, cloud.valuesFor(as)).session;
const show = (id: string, as = 'demo') => session(as).require('show').run({ id }, testCall());
const patch = (id: string, changes: Changes, as = 'demo') => session(as).require('patch').run({ id, changes, extras: {} }, testCall());
const upload = (request: Partial<UploadRequest> = {}, as = 'demo') =>
  session(as)
    .require('upload')
    .run({ description: { name: 'up' }, content: makeContent({ format: 'raw' }), extras: {}, ...request }, testCall());
const asked = () => cloud.requests().map(({ method, path }) => `${method} ${path.replace(/^\/image\/v2/, '')}`);
const bodies = (method: string) => cloud.requests().flatMap((request) => (request.method === method && request.body !== '' ? [JSON.parse(request.body) as unknown] : []));

describe('words of a refusal', () => {
  const html = '<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1>It&#x27;s &lt;not&gt; yours.<br /><br />\n\n</body></html>';
  it.each([
    ['JSON', '{"message": "It\'s <not> yours.<br /><br />\\n\\n\\n", "code": "403 Forbidden"}'],
    ['HTML', html],
    ['text', "403 Forbidden\n\nIt's <not> yours.\n\n   "],
  ])('%s', async (_form, body) => {
    const [id = ''] = await cloud.seed([{ name: 'one' }]);
    cloud.fail({ kind: 'answer', status: 403, body, headers: { 'x-openstack-request-id': 'req-42' }, on: ({ path }) => path.startsWith('/image/') });
    const error = await failureOf(show(id), 'AUTH');
    expect(error.message).toBe(`reading image ${id}: It's <not> yours. (HTTP 403)`);
    expect(error.circumstances.requestId).toBe('req-42');
  });
});

it('an id is never taken for a path, however it is written', async () => {
  const [id = ''] = await cloud.seed([{ name: 'one' }]);
  await show(id);
  cloud.forget();
  for (const bad of ['', '.', '..', 'a/b', `${id}/file`, `${id}%2Ffile`, `..%2f${id}`, 'a\0b', '%2e%2e', 'a b', 'a?b', 'a#b', 'a\\b'])
    await failureOf(show(bad), 'USAGE');
  expect(cloud.requests()).toEqual([]);
});

describe('patch', () => {
  it('sends add, replace and remove in one request of Glance’s own type', async () => {
    const [id = ''] = await cloud.seed([{ name: 'one', tags: ['a', 'b'], properties: { old: '1', same: '2' } }]);
    const changes: Changes = {
      name: 'two',
      minDiskBytes: 1024 ** 3 + 1,
      minRamBytes: 1,
      hidden: true,
      description: 'd',
      removeTags: ['a'],
      addTags: ['c'],
      properties: { 'a/b~c': 'x', same: '2' },
      removeProperties: ['old', 'never-there'],
    };
    await patch(id, changes);
    expect(cloud.requests().find(({ method }) => method === 'PATCH')?.headers['content-type']).toBe('application/openstack-images-v2.1-json-patch');
    expect(bodies('PATCH')).toEqual([
      [
        { op: 'replace', path: '/name', value: 'two' },
        { op: 'add', path: '/description', value: 'd' },
        { op: 'replace', path: '/os_hidden', value: true },
        { op: 'replace', path: '/min_disk', value: 2 },
        { op: 'replace', path: '/min_ram', value: 1 },
        { op: 'replace', path: '/tags', value: ['b', 'c'] },
        { op: 'add', path: '/a~1b~0c', value: 'x' },
        { op: 'remove', path: '/old' },
      ],
    ]);
  });

  it('sends nothing when nothing changes', async () => {
    const [id = ''] = await cloud.seed([{ name: 'one', tags: ['a'] }]);
    await patch(id, { name: 'one', addTags: ['a'], description: null, protected: null });
    expect(bodies('PATCH')).toEqual([]);
  });

  it('refuses what is no property, or cannot be cleared, before anything is changed', async () => {
    const [id = ''] = await cloud.seed([{ name: 'one' }]);
    for (const changes of [{ properties: { status: 'active' } }, { removeProperties: ['os_hidden'] }, { properties: { os_glance_x: '1' } }, { visibility: null }])
      await failureOf(patch(id, changes), 'USAGE');
    expect(bodies('PATCH')).toEqual([]);
  });

  it('of a format that is settled is a conflict, of a visibility that is not ours AUTH', async () => {
    const [id = ''] = await cloud.seed([{ name: 'one' }]);
    await failureOf(patch(id, { diskFormat: 'qcow2' }), 'CONFLICT');
    expect((await failureOf(patch(id, { visibility: 'public' }), 'AUTH')).message).toContain('publicize_image');
  });
});

describe('upload', () => {
  it('asks before it sends, with the length where it is known, into the store that is named', async () => {
    await upload({ place: 'cheap' });
    await upload({ content: makeContent({ format: 'qcow2' }, { blind: true }) });
    const [known, blind] = cloud.requests().filter(({ method }) => method === 'PUT');
    expect(known?.headers).toMatchObject({ expect: '100-continue', 'content-length': String(1024 * 1024), 'x-image-meta-store': 'cheap' });
    expect(blind?.headers).toMatchObject({ 'transfer-encoding': 'chunked', 'content-type': 'application/octet-stream' });
    expect(bodies('POST')[1]).toMatchObject({ disk_format: 'raw', container_format: 'bare' });
    await failureOf(upload({ place: 'attic' }), 'NOT_FOUND');
  });

  it('makes an image public and protected only once its data is there', async () => {
    const image = await upload({ description: { name: 'open', visibility: 'public', protected: true } }, 'root');
    expect(image).toMatchObject({ status: 'active', visibility: 'public', protected: true });
    expect(bodies('POST')[1]).toMatchObject({ visibility: 'private' });
    expect(bodies('POST')[1]).not.toHaveProperty('protected');
    const order = cloud.requests().map(({ method }) => method);
    expect(order.lastIndexOf('PATCH')).toBeGreaterThan(order.indexOf('PUT'));
  });

  it('finds out before it sends that we may not publish', async () => {
    const error = await failureOf(upload({ description: { name: 'open', visibility: 'public' } }), 'AUTH');
    expect(error.message).toContain('You are not authorized to complete publicize_image action.');
    expect(asked().filter((line) => line.startsWith('PUT'))).toEqual([]);
    expect(cloud.one.store.images.size).toBe(0);
  });

  it('names what it could not remove again', async () => {
    cloud.fail({ kind: 'answer', status: 413, body: '', on: ({ method }) => method === 'PUT' });
    cloud.fail({ kind: 'answer', status: 403, body: '', on: ({ method }) => method === 'DELETE' });
    const error = await failureOf(upload(), 'LIMIT');
    expect([...cloud.one.store.images.keys()]).toEqual([error.circumstances.leftover]);
  });

  it('does not put one format into a record that was made for another', async () => {
    const made = await session().require('create').run({ description: { name: 'q', diskFormat: 'qcow2' }, extras: {} }, testCall());
    const error = await failureOf(upload({ into: made.id }), 'CONFLICT');
    expect(error.message).toContain('qcow2');
  });

  it('goes through a stage where that is wanted', async () => {
    const made = await upload({ extras: { importMethod: 'glance-direct' }, place: 'cheap' });
    expect(asked().slice(-3)).toEqual([`PUT /images/${made.id}/stage`, `POST /images/${made.id}/import`, `GET /images/${made.id}`]);
    expect(bodies('POST').at(-1)).toEqual({ method: { name: 'glance-direct' }, stores: ['cheap'] });
    const done = await settled(made.id, 'upload');
    expect(done).toMatchObject({ status: 'active', places: [{ name: 'cheap', status: 'active' }] });
    await failureOf(upload({ extras: { importMethod: 'web-download' } }), 'USAGE');
    cloud.one.site.methods = [];
    await failureOf(upload({ extras: { importMethod: 'glance-direct' } }), 'UNSUPPORTED');
  });
});

/** Looks as a waiting program does, until nothing is going on any more. */
async function settled(id: string, verb: 'import' | 'upload' | 'replicate', as = 'demo'): Promise<Image> {
  const seen: string[] = [];
  for (let look = 0; look < 10; look += 1) {
    const image = await session(as).require('show').run({ id, awaiting: { verb, since: '2026-01-01T00:00:00Z' } }, testCall());
    seen.push(image.status);
    const busy = image.status === 'pending' || image.places.some((place) => place.status === 'pending');
    if (look >= 3 && !busy) return image;
    if (verb !== 'replicate' && look === 0) expect(image.status, 'right after the answer').toBe('pending');
  }
  throw new Error(`never settled: ${seen.join(' ')}`);
}

describe('import', () => {
  const begin = (request: Partial<ImportRequest> = {}) =>
    session()
      .require('import')
      .run({ description: { name: 'imp', diskFormat: 'raw' }, url: 'https://files.example/disk.raw', extras: {}, ...request }, testCall());

  it('has Glance fetch an address, and tells how far it is', async () => {
    const made = await begin({ places: ['cheap', 'frozen'] });
    expect(bodies('POST').at(-1)).toEqual({ method: { name: 'web-download', uri: 'https://files.example/disk.raw' }, stores: ['cheap', 'frozen'] });
    expect(await settled(made.id, 'import')).toMatchObject({ status: 'active', places: [{ name: 'cheap' }, { name: 'frozen' }] });
  });

  it('that falls back to queued has failed, with the words of its task', async () => {
    const made = await begin({ url: 'https://files.example/missing' });
    const image = await settled(made.id, 'import');
    expect(image).toMatchObject({ status: 'failed', providerStatus: 'queued', progress: { message: 'Task failed due to Internal Error' } });
    expect((await show(made.id)).status, 'nobody waits any more').toBe('queued');
    await begin({ into: made.id });
    expect((await settled(made.id, 'import')).status, 'tried again').toBe('active');
  });

  it('is believed to have failed although the image says that it goes on', async () => {
    const extras = { glanceRegion: 'Nowhere', glanceImageId: '00000000-0000-4000-8000-000000000001' };
    const { url: _none, ...request } = { description: { name: 'far', diskFormat: 'raw' }, url: '', extras };
    const made = await session().require('import').run(request, testCall());
    const image = await session().require('show').run({ id: made.id, awaiting: { verb: 'import', since: '' } }, testCall());
    expect(image.status).toBe('pending');
    for (let look = 0; look < 3; look += 1) await show(made.id);
    const after = await session().require('show').run({ id: made.id, awaiting: { verb: 'import', since: '' } }, testCall());
    expect(after.raw).toMatchObject({ os_glance_importing_to_stores: 'fast', os_glance_failed_import: '' });
    expect(after.status).toBe('failed');
  });

  it('fetches from another region', async () => {
    const extras = { glanceRegion: 'RegionTwo', glanceImageId: '00000000-0000-4000-8000-000000000001' };
    const made = await begin({ method: 'glance-download', extras });
    expect(bodies('POST').at(-1)).toEqual({ method: { name: 'glance-download', glance_region: 'RegionTwo', glance_image_id: extras.glanceImageId } });
    expect((await settled(made.id, 'import')).status).toBe('active');
  });

  it('refuses before anything is made what it cannot do, and leaves nothing of what the site refuses', async () => {
    for (const request of [{ url: 'ftp://x/y' }, { method: 'teleport' }, { method: 'glance-download' }, { method: 'glance-direct' }, { description: { name: 'x' } }])
      await failureOf(begin(request), 'USAGE');
    await failureOf(begin({ places: ['attic'] }), 'NOT_FOUND');
    const filtered = await failureOf(begin({ url: 'https://10.0.0.1/x' }), 'USAGE');
    expect(filtered.message).toContain('does not pass filtering');
    cloud.one.site.methods = ['copy-image'];
    expect((await failureOf(begin(), 'UNSUPPORTED')).circumstances.hint).toContain('copy-image');
    expect(cloud.one.store.images.size).toBe(0);
  });

  it('takes only a queued record', async () => {
    const [id = ''] = await cloud.seed([{ name: 'full' }]);
    await failureOf(begin({ into: id }), 'CONFLICT');
    await failureOf(begin({ into: id, method: 'glance-direct' }), 'CONFLICT');
  });
});

describe('replicate', () => {
  const run = (id: string, request: object, as = 'root') => session(as).require('replicate').run({ id, add: [], remove: [], ...request }, testCall());
  const seeded = async () => String((await cloud.seed([{ name: 'one' }]))[0]);

  it('copies, and shows a store that could not be written as failed', async () => {
    const id = await seeded();
    cloud.one.site.broken = ['frozen'];
    await run(id, { add: ['cheap', 'frozen'] });
    expect(bodies('POST').at(-1)).toEqual({ method: { name: 'copy-image' }, stores: ['cheap', 'frozen'], all_stores_must_succeed: false });
    const image = await settled(id, 'replicate', 'root');
    expect(image.status).toBe('active');
    expect(image.places.map(({ name, status }) => `${name} ${status}`)).toEqual(['fast active', 'cheap active', 'frozen failed']);
    expect(image.places[2]?.message).toBeDefined();
  });

  it('that reached no store at all says why', async () => {
    const id = await seeded();
    cloud.one.site.broken = ['frozen'];
    await run(id, { add: ['frozen'] });
    const { places } = await settled(id, 'replicate', 'root');
    expect(places.at(-1)).toMatchObject({ name: 'frozen', status: 'failed', message: 'Task failed due to Internal Error' });
  });

  it('removes before it copies, and never every place there is', async () => {
    const id = await seeded();
    await run(id, { add: ['cheap'] });
    await settled(id, 'replicate', 'root');
    cloud.forget();
    await run(id, { exactly: ['fast', 'frozen'] });
    expect(asked().filter((line) => !line.startsWith('GET') && !line.includes('auth'))).toEqual([`DELETE /stores/cheap/${id}`, `POST /images/${id}/import`]);
    await settled(id, 'replicate', 'root');
    await failureOf(run(id, { exactly: ['cheap'] }), 'CONFLICT');
    await failureOf(run(id, { remove: ['fast', 'frozen'] }), 'CONFLICT');
  });

  it('is the administrator’s, and the site’s to offer', async () => {
    const id = await seeded();
    expect((await failureOf(run(id, { add: ['cheap'] }, 'demo'), 'AUTH')).message).toContain('copy_image');
    cloud.one.site.methods = ['web-download'];
    await failureOf(run(id, { add: ['cheap'] }), 'UNSUPPORTED');
    cloud.one.site.stores = undefined;
    await failureOf(run(id, { add: ['cheap'] }), 'UNSUPPORTED');
  });
});

describe('the rest', () => {
  it('share: the receiving side answers for its own project', async () => {
    const [id = ''] = await cloud.seed([{ name: 'one' }]);
    const share = (action: 'add' | 'accept' | 'reject' | 'list', as = 'demo') =>
      session(as)
        .require('share')
        .run({ id, action, ...(action === 'add' ? { with: projects.alt ?? '' } : {}) }, testCall());
    await share('add');
    expect(await share('accept', 'alt')).toMatchObject([{ with: projects.alt, state: 'accepted' }]);
    expect(await share('reject', 'alt')).toMatchObject([{ state: 'rejected' }]);
    await failureOf(share('accept'), 'NOT_FOUND');
    await failureOf(share('add'), 'CONFLICT');
  });

  it('share: an image of another visibility is a conflict, with the way out', async () => {
    const [id = ''] = await cloud.seed([{ name: 'one' }]);
    await patch(id, { visibility: 'private' });
    const error = await failureOf(session().require('share').run({ id, action: 'add', with: 'x' }, testCall()), 'CONFLICT');
    expect(error.circumstances.hint).toBe(`imgctl patch ${id} --visibility shared`);
    expect(await session().require('share').run({ id, action: 'list' }, testCall())).toEqual([]);
  });

  it('download: a store that cannot begin in the middle is read from the start', async () => {
    const data = Buffer.from('0123456789'.repeat(1000));
    const [id = ''] = await cloud.seed([{ name: 'one', data }]);
    const download = await session().require('download').run({ id }, testCall());
    cloud.fail({ kind: 'answer', status: 200, body: data.toString(), times: 2, on: ({ path }) => path.endsWith('/file') });
    const read = async (from: number, to?: number) => {
      const chunks: Buffer[] = [];
      for await (const chunk of download.open(from, to)) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString();
    };
    expect(await read(9995)).toBe('56789');
    expect(await read(13, 16)).toBe('3456');
  });

  it('deactivate: a queued image is a conflict; what another project owns is AUTH', async () => {
    const [queued = '', theirs = ''] = await cloud.seed([
      { name: 'q', status: 'queued' },
      { name: 'p', isPublic: true },
    ]);
    const deactivate = (id: string) => session().require('deactivate').run({ id }, testCall());
    await failureOf(deactivate(queued), 'CONFLICT');
    await failureOf(deactivate(theirs), 'AUTH');
    await failureOf(session().require('delete').run({ id: theirs }, testCall()), 'AUTH');
  });

  it('create: counts up to whole units, and keeps the site’s words about an id', async () => {
    const create = (more: object) =>
      session()
        .require('create')
        .run({ description: { name: 'c', minDiskBytes: 1.5 * 1024 ** 3, minRamBytes: 1 }, extras: {}, ...more }, testCall());
    expect(await create({})).toMatchObject({ minDiskBytes: 2 * 1024 ** 3, minRamBytes: 1024 ** 2, containerFormat: 'bare' });
    await failureOf(create({ id: 'not-a-uuid' }), 'USAGE');
  });
});
