import { afterEach, describe, expect, it } from 'vitest';
import type { Content, ListRequest, ReplicateRequest, UploadRequest } from '../../../src/core/operation.ts';
import linode from '../../../src/drivers/linode/index.ts';
import { publicImage } from '../../clouds/linode/records.ts';
import { startLinode, type RunningLinode } from '../../clouds/linode/index.ts';
import { pause, until } from '../../clouds/linode/patience.ts';
import type { LinodeOptions } from '../../clouds/linode/state.ts';
import { allOf, everything, failureOf, testCall, type TestCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';
import { awaited } from '../../support/awaited.ts';

const gzipped = { format: 'raw', compression: 'gzip' } as const;
const since = '2026-01-02T00:00:00Z';
const mib = 1024 * 1024;
const gib = 1024 * mib;
const hour = 3_600_000;

const running: RunningLinode[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((cloud) => cloud.stop()));
});

/** A fresh account with a session on it. */
async function begin(options?: LinodeOptions) {
  const cloud = await startLinode(options);
  running.push(cloud);
  const { session } = openSession(linode, cloud.values);
  const upload = (content: Content, more: Partial<UploadRequest> = {}, call: TestCall = testCall()) =>
    session.require('upload').run({ description: { name: 'disk' }, content, extras: {}, ...more }, call);
  const replicate = (id: string, change: Partial<ReplicateRequest>) =>
    session.require('replicate').run({ id, add: [], remove: [], ...change }, testCall());
  const list = (request: Partial<ListRequest> = {}, call = testCall()) =>
    allOf(session.require('list').run({ ...everything, ...request }, call));
  const show = (id: string, call = testCall()) => session.require('show').run({ id }, call);
  const uploaded = (id: string, call = testCall()) => awaited(session, { verb: 'upload', image: id, since }, call);
  const asked = () => cloud.requests().map(({ method, path }) => `${method} ${path}`);
  return { cloud, account: cloud.account, session, upload, replicate, list, show, uploaded, asked };
}

const bodiesOf = (cloud: RunningLinode, method: string): readonly unknown[] =>
  cloud.requests().flatMap((request) => (request.method === method ? [JSON.parse(request.body) as unknown] : []));

describe('the ten likeliest mistakes with Linode', () => {
  it('1: public images have null where others have lists, and sizes are MB', async () => {
    const { account, show } = await begin();
    account.images.set('linode/made', publicImage('made', { label: 'Made' }));
    const image = await show('linode/made');
    expect(image).toMatchObject({ visibility: 'public', places: [], sizeBytes: 1500 * mib });
    expect(image.raw).toMatchObject({ regions: null, image_sharing: null });
    expect(image.raw).not.toHaveProperty('total_size');
    account.images.set('shared/7', {
      ...publicImage('x', { label: 'Theirs' }),
      id: 'shared/7',
      is_public: false,
      is_shared: null,
    });
    expect((await show('shared/7')).visibility).toBe('shared');
    const sharing = (count: number) => ({ shared_with: { sharegroup_count: count, sharegroup_list_url: '/' }, shared_by: null });
    const visibility = async (groups: number) =>
      (await show(account.addImage({ label: 'ours', is_shared: true, image_sharing: sharing(groups) }).id)).visibility;
    expect([await visibility(1), await visibility(0)]).toEqual(['shared', 'private']);
  });

  it('2: no state says that an upload failed; the events do, under the bare number', async () => {
    const { account, upload, uploaded, show, cloud } = await begin({ workMs: hour });
    const bad = { ...makeContent(gzipped), open: makeContent({ format: 'raw' }).open, bytes: mib };
    const { id } = await upload(bad);
    expect((await show(id)).status).toBe('queued');
    expect((await uploaded(id)).status).toBe('pending');
    account.advance(hour);
    const failed = await until(
      () => uploaded(id),
      (image) => image.status === 'failed',
    );
    expect(failed).toMatchObject({ providerStatus: 'pending_upload', progress: { message: 'Failed to decompress image' } });
    const filter = cloud.requests().find(({ path }) => path.includes('/account/events'))?.headers['x-filter'] ?? '';
    expect(JSON.parse(filter)).toMatchObject({ action: 'image_upload', 'entity.id': Number(id.slice('private/'.length)) });
    account.badData = 'vanishes';
    const other = await upload(bad);
    account.advance(hour);
    const gone = await until(
      () => uploaded(other.id),
      (image) => image.status === 'failed',
    );
    expect(gone).toMatchObject({ id: other.id, progress: { message: 'Failed to decompress image' } });
    await failureOf(show(other.id), 'NOT_FOUND');
  });

  it('3: the data goes with one content type, a length and nothing else, to the address as it is, and its answer counts', async () => {
    const { cloud, upload, account, asked } = await begin();
    const content = makeContent(gzipped);
    await upload(content);
    const put = cloud.requests().find(({ method }) => method === 'PUT');
    expect([...account.targets.keys()]).toEqual([put?.path]);
    expect(put?.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': String(content.data.length),
    });
    for (const name of ['authorization', 'cookie', 'x-filter', 'transfer-encoding', 'content-md5'])
      expect(put?.headers).not.toHaveProperty(name);
    expect(JSON.stringify(put)).not.toContain(account.token);
    cloud.forget();
    const body = '<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code></Error>';
    cloud.fail({ kind: 'answer', status: 403, body, on: ({ method }) => method === 'PUT' });
    const error = await failureOf(upload(content), 'AUTH');
    expect(error.message).toContain('SignatureDoesNotMatch (HTTP 403)');
    expect(`${error.message} ${error.circumstances.hint}`).not.toContain('Signature=');
    expect(asked().map((line) => line.split(' ')[0])).toEqual(['POST', 'PUT', 'DELETE']);
  });

  it('4: above 5 GiB compressed is refused at once, exactly 5 GiB is not, and the disk inside is only warned of', async () => {
    const { upload, asked } = await begin();
    const error = await failureOf(upload({ ...makeContent(gzipped), bytes: 5 * gib + 1 }), 'LIMIT');
    expect(error.message).toContain('5.0 GiB');
    expect(error.message).toContain('5368709121');
    expect(asked()).toEqual([]);
    await failureOf(upload({ ...makeContent(gzipped), bytes: 5 * gib }), 'INTEGRITY');
    expect(asked()[0]).toBe('POST /v4/images/upload');
    const accept = linode.facts.upload?.accepts[0];
    expect(accept).toMatchObject({ maxBytes: 5 * gib, warnVirtualBytes: 6_000_000_000, needsLength: true });
    expect(accept).not.toHaveProperty('maxVirtualBytes');
  });

  it('5: the regions are sent as a whole, from what is there right now, and one complete copy stays', async () => {
    const { cloud, account, replicate, show } = await begin();
    const image = account.addImage({ label: 'disk' });
    account.finish(image, 1, ['us-ord', 'us-iad']);
    image.regions?.push({ region: 'us-mia', status: 'pending deletion' });
    account.stuck.add('us-sea');
    const after = await replicate(image.id, { add: ['us-sea'] });
    expect(bodiesOf(cloud, 'POST')).toEqual([{ regions: ['us-ord', 'us-iad', 'us-sea'] }]);
    expect(after.places).toContainEqual({ name: 'us-sea', status: 'pending', providerStatus: 'pending replication' });
    cloud.forget();
    await failureOf(replicate(image.id, { remove: ['us-ord', 'us-iad'] }), 'CONFLICT');
    await failureOf(replicate(image.id, { exactly: [] }), 'USAGE');
    expect(bodiesOf(cloud, 'POST')).toEqual([]);
    const stuck = await until(
      () => show(image.id),
      ({ places }) => places.some(({ name, status }) => name === 'us-sea' && status === 'failed'),
    );
    expect(stuck).toMatchObject({ status: 'active' });
    await replicate(image.id, { add: ['us-sea'] });
    expect(bodiesOf(cloud, 'POST'), 'a copy that timed out is tried again').toHaveLength(1);
  });

  it('6: no more than 20 lists leave in a minute, pages are of 500, an empty list is one request', async () => {
    const { cloud, list, asked, account } = await begin();
    // Another session on the same account: the limit counts both.
    expect(await allOf(openSession(linode, cloud.values).session.require('list').run(everything, testCall()))).toEqual([]);
    expect(asked()).toEqual(['GET /v4/images?page=1&page_size=500']);
    for (let n = 0; n < 21 * 500; n += 1) account.addImage({ label: `n${n}` });
    cloud.forget();
    const stop = new AbortController();
    const call = testCall(stop.signal);
    const listing = failureOf(list({}, call), 'ABORTED');
    await until(
      async () => asked().length,
      (count) => count >= 19,
    );
    await pause(200);
    stop.abort();
    await listing;
    expect(asked()).toHaveLength(19);
    expect(call.notes.filter(({ kind }) => kind === 'warning').length).toBeGreaterThan(0);
    expect(JSON.stringify(call.notes)).toContain('at most 20 times a minute');
  });

  it('7: only what the server can filter by is sent, at the top level, in ASCII', async () => {
    const { cloud, list, account } = await begin({ listsPerMinute: 100 });
    account.finish(account.addImage({ label: 'käfer', tags: ['beta', 'alpha'] }), 3, ['us-ord']);
    account.addImage({ label: 'other' });
    const names = async (request: Partial<ListRequest>) => (await list(request)).map((image) => image.name);
    expect(await names({ filters: { name: 'käfer' } })).toEqual(['käfer']);
    expect(await names({ own: { tags: 'beta', status: 'available', size: '3' } })).toEqual(['käfer']);
    expect(await names({ own: { type: 'automatic' }, scope: 'all' })).toEqual([]);
    await list({ filters: { status: 'active', tags: ['beta'], createdAfter: since, name: 'k*' }, scope: 'all' });
    const sent = cloud.requests().map(({ headers }) => headers['x-filter'] ?? '');
    expect(sent[0]).toContain(String.raw`k\u00e4fer`);
    expect(sent.map((text) => (text === '' ? {} : (JSON.parse(text) as unknown)))).toEqual([
      { is_public: false, label: 'käfer' },
      { is_public: false },
      { type: 'automatic' },
      {},
    ]);
    cloud.forget();
    await failureOf(list({ own: { foo: 'bar' } }), 'USAGE');
    await failureOf(list({ own: { is_public: 'perhaps' } }), 'USAGE');
    expect(cloud.requests()).toEqual([]);
  });

  it('8: a region that looks able and refuses images is warned of, and asked all the same', async () => {
    const { session, upload, asked } = await begin();
    const call = testCall();
    const error = await failureOf(upload(makeContent(gzipped), { place: 'gb-lon' }, call), 'USAGE');
    expect(error.message).toContain('region: region is not valid');
    expect(error.circumstances).toMatchObject({ hint: 'List regions with:', next: [{ verb: 'places' }] });
    expect(call.notes).toContainEqual({ kind: 'warning', message: expect.stringContaining('gb-lon') as string });
    expect(asked()).toEqual(['POST /v4/images/upload']);
    const places = await session.require('places').run({}, testCall());
    expect(Object.fromEntries(places.map(({ name, usable }) => [name, usable]))).toMatchObject({
      'us-ord': 'yes',
      'gb-lon': 'doubtful',
      'no-osl-1': 'doubtful',
      'us-west': 'no',
      'us-den-1': 'no',
    });
    expect(places.filter(({ isDefault }) => isDefault).map(({ name }) => name)).toEqual(['us-ord']);
  });

  it('9: sizes shrink, tags change places, and progress never runs back', async () => {
    const { account, session, show } = await begin({ workMs: hour });
    const create = session.require('create');
    const description = { name: 'from a disk', tags: ['first', 'second'] };
    const image = await create.run({ description, fromDisk: '5', extras: { cloudInit: true } }, testCall());
    expect(image).toMatchObject({ status: 'pending', sizeBytes: 25_088 * mib });
    expect([...image.tags].sort()).toEqual(['first', 'second']);
    const look = () => awaited(session, { verb: 'create', image: image.id, since });
    const event = account.events[0];
    const percents: unknown[] = [];
    for (const percent of [83, 90, 0]) {
      if (event) event.percent_complete = percent;
      percents.push((await look()).progress?.percent);
    }
    expect(percents).toEqual([83, 90, 90]);
    account.advance(hour);
    expect((await until(look, ({ status }) => status === 'active')).sizeBytes).toBe(366 * mib);
    expect((await show(image.id)).tags).toHaveLength(2);
  });

  it('10: changes are partial, no tags are [], times are UTC, ids keep one %2F, and a POST is never repeated', async () => {
    const { cloud, account, session, show, upload, asked } = await begin();
    const { id } = account.addImage({ label: 'disk', tags: ['only'] });
    const patch = session.require('patch');
    await patch.run({ id, changes: { name: 'new' }, extras: {} }, testCall());
    await patch.run({ id, changes: { removeTags: ['only'] }, extras: {} }, testCall());
    expect(bodiesOf(cloud, 'PUT')).toEqual([{ label: 'new' }, { tags: [] }]);
    expect((await show(id)).createdAt).toBe(`${account.images.get(id)?.created}Z`);
    cloud.forget();
    await session.require('delete').run({ id }, testCall());
    expect(asked()).toEqual([`DELETE /v4/images/private%2F${id.slice('private/'.length)}`]);
    expect(cloud.requests()[0]?.bodyBytes).toBe(0);
    for (const fault of [{ kind: 'drop' }, { kind: 'answer', status: 502, body: '<html>' }] as const) {
      cloud.forget();
      cloud.fail({ ...fault, on: ({ method }) => method === 'POST' });
      const error = await failureOf(upload(makeContent(gzipped), {}, testCall(undefined, 3)), 'NETWORK', 'PROVIDER');
      expect(error.circumstances.uncertain).toBe(true);
      expect(asked()).toEqual(['POST /v4/images/upload']);
    }
  });
});
