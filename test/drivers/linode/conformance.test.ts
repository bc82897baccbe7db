import { afterEach, describe, expect, it } from 'vitest';
import linode from '../../../src/drivers/linode/index.ts';
import { rateLimiter } from '../../../src/drivers/linode/rate-limit.ts';
import { linodeCloud, startLinode, type RunningLinode } from '../../clouds/linode/index.ts';
import { publicImage } from '../../clouds/linode/records.ts';
import { conformance } from '../../conformance/suite.ts';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { makeContent } from '../../support/content.ts';
import { openSession } from '../../support/open-session.ts';

conformance(linode, {
  cloud: linodeCloud,
  threePages: 1100,
  missingId: 'private/999999999',
  disk: '5',
  errorBody: (words) => JSON.stringify({ errors: [{ reason: words }] }),
});

describe('linode besides the contract', () => {
  const running: RunningLinode[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((cloud) => cloud.stop()));
  });

  async function begin(values: Readonly<Record<string, string>> = {}) {
    const cloud = await startLinode();
    running.push(cloud);
    const all = Object.entries({ ...cloud.values, ...values }).filter(([, value]) => value !== '');
    const { session } = openSession(linode, Object.fromEntries(all));
    const asked = () => cloud.requests().map(({ method, path }) => `${method} ${path}`);
    return { cloud, account: cloud.account, session, asked };
  }
  const content = () => makeContent({ format: 'raw', compression: 'gzip' });
  const disk = { name: 'disk' };

  it('reads public images and regions without a token, and says what is missing for the rest', async () => {
    const { account, session, asked } = await begin({ token: '' });
    account.images.set('linode/made', publicImage('made', { label: 'Made' }));
    const { id } = account.addImage({ label: 'ours' });
    expect((await session.require('show').run({ id: 'linode/made' }, testCall())).name).toBe('Made');
    const call = testCall();
    const all = await allOf(session.require('list').run({ ...everything, scope: 'all' }, call));
    expect(all.map((image) => image.id)).toEqual(['linode/made']);
    expect(call.notes).toContainEqual({ kind: 'warning', message: expect.stringContaining('public images only') as string });
    const before = asked().length;
    const refused = await failureOf(session.require('show').run({ id }, testCall()), 'AUTH');
    expect(refused.circumstances.hint).toContain('token');
    await failureOf(allOf(session.require('list').run(everything, testCall())), 'AUTH');
    expect(asked()).toHaveLength(before);
  });

  it('finds the API by a host, an address with a path, and an address with a version', async () => {
    for (const [endpoint, path] of [
      ['', '/v4/'],
      ['/v4/', '/v4/'],
      ['/v4beta', '/v4/'],
    ] as const) {
      const { cloud, account, asked } = await begin();
      const { session } = openSession(linode, { ...cloud.values, endpoint: `${cloud.origin}${endpoint}` });
      const { id } = account.addImage({ label: 'disk' });
      await session.require('show').run({ id }, testCall());
      expect(asked()[0]).toContain(path);
    }
    const { session, asked } = await begin({ apiVersion: 'v4beta' });
    await session.require('places').run({}, testCall());
    expect(asked()).toEqual(['GET /v4beta/regions?page=1&page_size=500']);
    expect(() => openSession(linode, { endpoint: 'http://[' })).toThrow(/endpoint/);
  });

  it('changes nothing of the provider’s own images and what others share, and says so without a request', async () => {
    const { session, asked } = await begin();
    for (const id of ['linode/debian', 'shared/5854']) {
      await failureOf(session.require('delete').run({ id }, testCall()), 'UNSUPPORTED');
      await failureOf(session.require('patch').run({ id, changes: disk, extras: {} }, testCall()), 'UNSUPPORTED');
      await failureOf(session.require('replicate').run({ id, add: ['us-iad'], remove: [] }, testCall()), 'UNSUPPORTED');
    }
    expect(asked()).toEqual([]);
  });

  it('refuses what an image has no room for, and a name that is taken away', async () => {
    const { session, asked } = await begin();
    const patch = session.require('patch');
    const error = await failureOf(
      patch.run({ id: 'private/1', changes: { minDiskBytes: 1 }, extras: {} }, testCall()),
      'UNSUPPORTED',
    );
    expect(error.message).toContain('minDiskBytes');
    await failureOf(patch.run({ id: 'private/1', changes: { name: null }, extras: {} }, testCall()), 'USAGE');
    const create = session.require('create');
    await failureOf(create.run({ description: disk, extras: {} }, testCall()), 'USAGE');
    await failureOf(create.run({ description: disk, fromDisk: 'sda', extras: {} }, testCall()), 'USAGE');
    expect(asked()).toEqual([]);
  });

  it('sends nothing when nothing changes', async () => {
    const { account, session, asked } = await begin();
    const image = account.addImage({ label: 'disk', tags: ['one', 'two'] });
    account.finish(image, 1, ['us-ord']);
    await session.require('patch').run({ id: image.id, changes: { addTags: ['two'] }, extras: {} }, testCall());
    await session.require('replicate').run({ id: image.id, add: ['us-ord'], remove: ['us-sea'] }, testCall());
    expect(asked().map((line) => line.split(' ')[0])).toEqual(['GET', 'GET']);
  });

  it('warns of a name that Linode may refuse', async () => {
    const { session } = await begin();
    const call = testCall();
    await session.require('upload').run({ description: { name: 'disk+more' }, content: content(), extras: {} }, call);
    expect(call.notes.filter(({ kind }) => kind === 'warning')).toHaveLength(1);
  });

  it('needs a region for an upload, from the request or the profile', async () => {
    const { session, asked } = await begin({ region: '' });
    const error = await failureOf(
      session.require('upload').run({ description: disk, content: content(), extras: {} }, testCall()),
      'USAGE',
    );
    expect(error.circumstances.hint).toContain('--region');
    expect(asked()).toEqual([]);
    await session.require('upload').run({ description: disk, place: 'us-sea', content: content(), extras: {} }, testCall());
  });

  it('tells every reason of a refusal with its field', async () => {
    const { cloud, session } = await begin();
    const errors = [
      { reason: 'is too long', field: 'label' },
      { reason: 'is not valid', field: 'tags[0]' },
      { reason: 'and so on' },
    ];
    cloud.fail({ kind: 'answer', status: 400, body: JSON.stringify({ errors }), on: ({ method }) => method === 'PUT' });
    const error = await failureOf(
      session.require('patch').run({ id: 'private/1', changes: disk, extras: {} }, testCall()),
      'USAGE',
    );
    expect(error.message).toContain('label: is too long; tags[0]: is not valid; and so on (HTTP 400)');
  });

  it('asks for events once when the token may not read them', async () => {
    const { account, session, asked } = await begin();
    account.mayReadEvents = false;
    const { id } = account.addImage({ label: 'disk' });
    const call = testCall();
    for (let n = 0; n < 3; n += 1)
      expect((await session.look({ verb: 'upload', image: id, since: '2026-01-01T00:00:00Z' }, call)).state).toBe('running');
    expect(asked().filter((line) => line.includes('/account/events'))).toHaveLength(1);
    expect(call.notes.filter(({ kind }) => kind === 'warning')).toHaveLength(1);
  });

  it('names the record of an upload that could not be removed', async () => {
    const { cloud, account, session } = await begin();
    cloud.fail({ kind: 'answer', status: 500, body: '', on: ({ method }) => method === 'DELETE', times: 9 });
    cloud.fail({ kind: 'answer', status: 500, body: '', on: ({ method, path }) => method === 'PUT' && path.includes('uploads') });
    const call = testCall();
    const error = await failureOf(
      session.require('upload').run({ description: disk, content: content(), extras: {} }, call),
      'PROVIDER',
    );
    const [id] = account.images.keys();
    expect(error.circumstances.leftover).toBe(id);
    expect(error.circumstances.hint).toContain('stays pending_upload');
    expect(call.notes.filter(({ kind }) => kind === 'created' || kind === 'removed')).toEqual([{ kind: 'created', id }]);
  });

  it('does not say that something may have been made where no connection was', async () => {
    const { cloud, session } = await begin();
    await cloud.stop();
    const request = { description: { name: 'new' }, fromDisk: '5', extras: {} };
    const error = await failureOf(session.require('create').run(request, testCall()), 'NETWORK');
    expect(error.circumstances.uncertain).toBeUndefined();
    expect(error.circumstances.hint).toContain('Check the address and port');
  });

  it('says who we are, and which verbs the token’s scopes leave out', async () => {
    const { account, session } = await begin();
    expect(await session.probe(testCall())).toMatchObject({ who: 'someone', missing: {} });
    account.scopes = 'images:read_only events:read_only';
    const { missing } = await session.probe(testCall());
    expect(Object.keys(missing).sort()).toEqual(['create', 'delete', 'patch', 'replicate', 'upload']);
  });
});

describe('a limit on calls', () => {
  it('lets so many begin in the time, also side by side, and can be raised', async () => {
    const { turn, allow } = rateLimiter(3, 300, (most) => `at most ${most}`);
    const call = testCall();
    const began = performance.now();
    await Promise.all([1, 2, 3, 4, 5].map(() => turn(call)));
    expect(performance.now() - began).toBeGreaterThanOrEqual(295);
    expect(call.notes).toHaveLength(2);
    expect(call.notes[0]).toMatchObject({ message: expect.stringContaining('at most 3') as string });
    allow(Number('nonsense'));
    allow(100);
    await Promise.all(Array.from({ length: 90 }, () => turn(call)));
    expect(call.notes).toHaveLength(2);
  });
});
