import { describe, expect, it } from 'vitest';
import type { ImportRequest } from '../../../src/core/operation.ts';
import { settle } from '../../clouds/openstack/settle.ts';
import { useOpenstack } from '../../clouds/openstack/use.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { awaited } from '../../support/awaited.ts';

const { cloud, session, asked, bodies } = useOpenstack();
const show = (id: string) => session().require('show').run({ id }, testCall());

describe('import', () => {
  const begin = (request: Partial<ImportRequest> = {}) =>
    session()
      .require('import')
      .run(
        { description: { name: 'imp', diskFormat: 'raw' }, url: 'https://files.example/disk.raw', extras: {}, ...request },
        testCall(),
      );

  it('has Glance fetch an address, and tells how far it is', async () => {
    const made = await begin({ places: ['cheap', 'frozen'] });
    expect(bodies('POST').at(-1)).toEqual({
      method: { name: 'web-download', uri: 'https://files.example/disk.raw' },
      stores: ['cheap', 'frozen'],
    });
    expect(await settle(session(), made.id, 'import')).toMatchObject({
      status: 'active',
      places: [{ name: 'cheap' }, { name: 'frozen' }],
    });
  });

  it('that falls back to queued has failed, with the words of its task', async () => {
    const made = await begin({ url: 'https://files.example/missing' });
    const image = await settle(session(), made.id, 'import');
    expect(image).toMatchObject({
      status: 'failed',
      providerStatus: 'queued',
      progress: { message: 'Task failed due to Internal Error' },
    });
    expect((await show(made.id)).status, 'nobody waits any more').toBe('queued');
    await begin({ into: made.id });
    expect((await settle(session(), made.id, 'import')).status, 'tried again').toBe('active');
  });

  it('is believed to have failed although the image says that it goes on', async () => {
    const extras = { glanceRegion: 'Nowhere', glanceImageId: '00000000-0000-4000-8000-000000000001' };
    const { url: _none, ...request } = { description: { name: 'far', diskFormat: 'raw' }, url: '', extras };
    const made = await session().require('import').run(request, testCall());
    const image = await awaited(session(), { verb: 'import', image: made.id, since: '' });
    expect(image.status).toBe('pending');
    for (let look = 0; look < 3; look += 1) await show(made.id);
    const after = await awaited(session(), { verb: 'import', image: made.id, since: '' });
    expect(after.raw).toMatchObject({ os_glance_importing_to_stores: 'fast', os_glance_failed_import: '' });
    expect(after.status).toBe('failed');
  });

  it('fetches from another region', async () => {
    const extras = { glanceRegion: 'RegionTwo', glanceImageId: '00000000-0000-4000-8000-000000000001' };
    const made = await begin({ method: 'glance-download', extras });
    expect(bodies('POST').at(-1)).toEqual({
      method: { name: 'glance-download', glance_region: 'RegionTwo', glance_image_id: extras.glanceImageId },
    });
    expect((await settle(session(), made.id, 'import')).status).toBe('active');
  });

  it('refuses before anything is made what it cannot do, and leaves nothing of what the site refuses', async () => {
    for (const request of [
      { url: 'ftp://x/y' },
      { method: 'teleport' },
      { method: 'glance-download' },
      { method: 'glance-direct' },
      { description: { name: 'x' } },
    ])
      await failureOf(begin(request), 'USAGE');
    await failureOf(begin({ places: ['attic'] }), 'NOT_FOUND');
    const filtered = await failureOf(begin({ url: 'https://10.0.0.1/x' }), 'USAGE');
    expect(filtered.message).toContain('does not pass filtering');
    cloud().one.site.methods = ['copy-image'];
    expect((await failureOf(begin(), 'UNSUPPORTED')).circumstances.hint).toContain('copy-image');
    expect(cloud().one.store.images.size).toBe(0);
  });

  it('takes only a queued record', async () => {
    const [id = ''] = await cloud().seed([{ name: 'full' }]);
    await failureOf(begin({ into: id }), 'CONFLICT');
    await failureOf(begin({ into: id, method: 'glance-direct' }), 'CONFLICT');
  });
});

describe('replicate', () => {
  const run = (id: string, request: object, as = 'root') =>
    session(as)
      .require('replicate')
      .run({ id, add: [], remove: [], ...request }, testCall());
  const seeded = async () => String((await cloud().seed([{ name: 'one' }]))[0]);

  it('copies, and shows a store that could not be written as failed', async () => {
    const id = await seeded();
    cloud().one.site.broken = ['frozen'];
    await run(id, { add: ['cheap', 'frozen'] });
    expect(bodies('POST').at(-1)).toEqual({
      method: { name: 'copy-image' },
      stores: ['cheap', 'frozen'],
      all_stores_must_succeed: false,
    });
    const image = await settle(session('root'), id, 'replicate');
    expect(image.status).toBe('active');
    expect(image.places.map(({ name, status }) => `${name} ${status}`)).toEqual(['cheap active', 'fast active', 'frozen failed']);
    expect(image.places[2]?.message).toBeDefined();
  });

  it('tried again is not taken for failed by what the time before left behind', async () => {
    const id = await seeded();
    cloud().one.site.broken = ['frozen'];
    await run(id, { add: ['frozen'] });
    await settle(session('root'), id, 'replicate');
    cloud().one.site.broken = [];
    await run(id, { add: ['frozen'] });
    const { places } = await awaited(session('root'), { verb: 'replicate', image: id, since: '' });
    expect(places.map(({ status }) => status)).toEqual(['active', 'pending']);
    expect((await settle(session('root'), id, 'replicate')).places.map(({ status }) => status)).toEqual(['active', 'active']);
  });

  it('that reached no store at all says why', async () => {
    const id = await seeded();
    cloud().one.site.broken = ['frozen'];
    await run(id, { add: ['frozen'] });
    const { places } = await settle(session('root'), id, 'replicate');
    expect(places.at(-1)).toMatchObject({ name: 'frozen', status: 'failed', message: 'Task failed due to Internal Error' });
  });

  it('removes before it copies, and never every place there is', async () => {
    const id = await seeded();
    await run(id, { add: ['cheap'] });
    await settle(session('root'), id, 'replicate');
    cloud().forget();
    await run(id, { exactly: ['fast', 'frozen'] });
    expect(asked().filter((line) => !line.startsWith('GET') && !line.includes('auth'))).toEqual([
      `DELETE /stores/cheap/${id}`,
      `POST /images/${id}/import`,
    ]);
    await settle(session('root'), id, 'replicate');
    await failureOf(run(id, { exactly: ['cheap'] }), 'CONFLICT');
    await failureOf(run(id, { remove: ['fast', 'frozen'] }), 'CONFLICT');
  });

  it('is the administrator’s, and the site’s to offer', async () => {
    const id = await seeded();
    expect((await failureOf(run(id, { add: ['cheap'] }, 'demo'), 'AUTH')).message).toContain('copy_image');
    cloud().one.site.methods = ['web-download'];
    await failureOf(run(id, { add: ['cheap'] }), 'UNSUPPORTED');
    cloud().one.site.stores = undefined;
    await failureOf(run(id, { add: ['cheap'] }), 'UNSUPPORTED');
  });
});
