import { createServer, type Server } from 'node:http';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Image } from '../../src/core/image.ts';
import type { Changes, Description, ImportRequest, ListRequest, OperationName } from '../../src/core/operation.ts';
import driver from '../../src/drivers/openstack/index.ts';
import { allOf, everything, failureOf, testCall } from '../conformance/stage.ts';
import { gather, makeContent } from '../support/content.ts';
import { openSession } from '../support/open-session.ts';
import { valuesFor, type User } from './real-cloud.ts';
import type { Bed } from './setup.ts';

const given = inject('bed');
const bed: Bed = 'missing' in given ? { port: 0, keystone: '', glance: {}, projects: {}, applicationCredentialId: '' } : given;
const run = randomBytes(3).toString('hex');
let count = 0;
const unique = (word: string): string => `live-${run}-${(count += 1)}-${word}`;

type Values = Readonly<Record<string, string>>;
const sessions = new Map<string, ReturnType<typeof openSession>['session']>();
function open(values: Values) {
  const key = JSON.stringify(values);
  const session = sessions.get(key) ?? openSession(driver, values).session;
  sessions.set(key, session);
  return session;
}
const as = (user: User, region?: string) => open(valuesFor(bed, user, region));
const show = (id: string, user: User = 'demo', region?: string) => as(user, region).require('show').run({ id }, testCall());
const names = async (request: Partial<ListRequest>, user: User = 'demo') =>
  (
    await allOf(
      as(user)
        .require('list')
        .run({ ...everything, ...request }, testCall()),
    )
  ).map((image) => image.name);

async function uploaded(
  description: Description & { name: string },
  user: User = 'demo',
  more: { place?: string; extras?: Record<string, string> } = {},
  region?: string,
): Promise<Image> {
  const content = makeContent({ format: 'raw' });
  return as(user, region)
    .require('upload')
    .run({ description, content, extras: {}, ...more }, testCall());
}
const patch = (id: string, changes: Changes, user: User = 'demo') =>
  as(user).require('patch').run({ id, changes, extras: {} }, testCall());

/** Looks until the work is done or has failed. */
async function outcome(
  id: string,
  verb: OperationName,
  done: (image: Image) => boolean,
  user: User = 'demo',
  region?: string,
): Promise<Image> {
  for (const until = Date.now() + 30_000; ;) {
    const image = await as(user, region)
      .require('show')
      .run({ id, awaiting: { verb, since: new Date().toISOString() } }, testCall());
    if (image.status === 'failed' || done(image)) return image;
    if (Date.now() > until) throw new Error(`${id} is still ${image.providerStatus}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const active = (image: Image): boolean => image.status === 'active';
const data = Buffer.from('bytes from a file server\n'.repeat(4096));

describe.skipIf('missing' in given)('a real site', () => {
  let files: Server;
  let address = '';
  beforeAll(async () => {
    files = createServer((request, response) => {
      if (request.url?.startsWith('/disk.raw')) response.writeHead(200, { 'content-length': data.length }).end(data);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => files.listen(bed.port + 3, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${bed.port + 3}`;
  });
  afterAll(() => new Promise<void>((resolve) => void files.close(() => resolve())));

  describe('sign-in', () => {
    it('tells who we are, in every region', async () => {
      for (const region of Object.keys(bed.glance)) {
        const identity = await as('demo', region).probe(testCall());
        expect(identity).toMatchObject({ who: 'demo@demo', missing: {}, details: { region, projectId: bed.projects.demo } });
        expect(identity.details.endpoint).toBe(`${bed.glance[region] ?? ''}/v2`);
      }
    });

    it('with an application credential, by id and by name', async () => {
      const base = { authUrl: bed.keystone, region: 'RegionOne', applicationCredentialSecret: 'appcred-secret' };
      for (const how of [
        { applicationCredentialId: bed.applicationCredentialId },
        { applicationCredentialName: 'bed', username: 'demo', userDomain: 'Default' },
      ])
        expect((await open({ ...base, ...how }).probe(testCall())).who).toBe('demo@demo');
      const wrong = { ...base, applicationCredentialId: bed.applicationCredentialId, applicationCredentialSecret: 'wrong' };
      await failureOf(open(wrong).probe(testCall()), 'AUTH');
      await failureOf(open({ ...base, applicationCredentialId: 'f'.repeat(32) }).probe(testCall()), 'AUTH');
    });

    it('refused in Keystone’s words', async () => {
      const error = await failureOf(open({ ...valuesFor(bed, 'demo'), password: 'wrong' }).probe(testCall()), 'AUTH');
      expect(error.message).toContain('The request you have made requires authentication.');
      await failureOf(open(valuesFor(bed, 'demo', 'Atlantis')).probe(testCall()), 'CONFIG');
    });

    it('behind prefixes, as a Platform9 has them: list over pages, upload and download', async () => {
      const { authUrl: _other, ...values } = valuesFor(bed, 'demo', 'Prefixed');
      const pcd = open({ ...values, host: bed.keystone });
      const content = makeContent({ format: 'raw' }, { seed: 3 });
      const { id } = await pcd.require('upload').run({ description: { name: unique('pcd') }, content, extras: {} }, testCall());
      const download = await pcd.require('download').run({ id }, testCall());
      expect((await gather(download.open())).equals(content.data)).toBe(true);
      expect((await gather(download.open(1000, 1999))).equals(content.data.subarray(1000, 2000))).toBe(true);
      const found = await allOf(pcd.require('list').run({ ...everything, filters: { name: (await show(id)).name } }, testCall()));
      expect(found.map((image) => image.id)).toEqual([id]);
    });
  });

  describe('who may do what', () => {
    it('a plain member may not publish: refused with the reason, before any byte, and nothing is left', async () => {
      const name = unique('public');
      const content = makeContent({ format: 'raw' });
      const upload = as('demo')
        .require('upload')
        .run({ description: { name, visibility: 'public' }, content, extras: {} }, testCall());
      const error = await failureOf(upload, 'AUTH');
      expect(error.exitCode).toBe(4);
      expect(error.message).toContain('You are not authorized to complete publicize_image action.');
      expect(content.opened()).toBe(0);
      expect(await names({ filters: { name } })).toEqual([]);
      const { id } = await uploaded({ name: unique('private') });
      expect((await failureOf(patch(id, { visibility: 'public' }), 'AUTH')).message).toContain('publicize_image');
    });

    it('an administrator publishes once the data is there', async () => {
      const image = await uploaded({ name: unique('public'), visibility: 'public', protected: true }, 'admin');
      expect(image).toMatchObject({ status: 'active', visibility: 'public', protected: true });
      expect(await names({ filters: { name: image.name }, scope: 'all' })).toEqual([image.name]);
      expect(await names({ filters: { name: image.name } })).toEqual([]);
      await failureOf(as('demo').require('delete').run({ id: image.id }, testCall()), 'CONFLICT', 'AUTH');
      await failureOf(as('demo').require('deactivate').run({ id: image.id }, testCall()), 'AUTH');
      await patch(image.id, { protected: false }, 'admin');
      await as('admin').require('delete').run({ id: image.id }, testCall());
    });

    it('a plain member may not copy between stores', async () => {
      const { id } = await uploaded({ name: unique('copy') });
      const error = await failureOf(
        as('demo')
          .require('replicate')
          .run({ id, add: ['cheap'], remove: [] }, testCall()),
        'AUTH',
      );
      expect(error.exitCode).toBe(4);
      expect(error.message).toMatch(/copy_image|not authorized|forbidden/i);
    });
  });

  describe('stores', () => {
    it('an upload goes to the store that is named; copies come and go', async () => {
      const made = await uploaded({ name: unique('stores') }, 'admin', { place: 'cheap' });
      expect(made.places).toEqual([{ name: 'cheap', status: 'active' }]);
      const replicate = (request: object) =>
        as('admin')
          .require('replicate')
          .run({ id: made.id, add: [], remove: [], ...request }, testCall());
      await replicate({ add: ['fast', 'frozen'] });
      const where = (image: Image) => image.places.map(({ name, status }) => `${name} ${status}`).sort();
      const all = await outcome(
        made.id,
        'replicate',
        (image) => where(image).length === 3 && !where(image).join().includes('pending'),
        'admin',
      );
      expect(where(all)).toEqual(['cheap active', 'fast active', 'frozen active']);
      await replicate({ exactly: ['frozen'] });
      expect(where(await show(made.id, 'admin'))).toEqual(['frozen active']);
      await failureOf(replicate({ remove: ['frozen'] }), 'CONFLICT');
    });
  });

  describe('imports', () => {
    const begin = (request: Partial<ImportRequest> = {}, region?: string) =>
      as('demo', region)
        .require('import')
        .run({ description: { name: unique('import'), diskFormat: 'raw' }, extras: {}, ...request }, testCall());

    it('web-download: the site fetches the address', async () => {
      const { id } = await begin({ url: `${address}/disk.raw`, places: ['cheap'] });
      const image = await outcome(id, 'import', active);
      expect(image).toMatchObject({ status: 'active', sizeBytes: data.length, places: [{ name: 'cheap', status: 'active' }] });
      const download = await as('demo').require('download').run({ id }, testCall());
      expect((await gather(download.open())).equals(data)).toBe(true);
    });

    it('web-download: one that falls back to queued has failed, and can be tried again', async () => {
      const { id } = await begin({ url: `${address}/nothing` });
      const image = await outcome(id, 'import', active);
      expect(image).toMatchObject({ status: 'failed', providerStatus: 'queued' });
      expect(image.progress?.message).toMatch(/\w+ .*\w+/);
      await begin({ url: `${address}/disk.raw`, into: id });
      expect((await outcome(id, 'import', active)).status).toBe('active');
    });

    it('web-download: an address that the site does not allow is refused at once, and nothing is left', async () => {
      const name = unique('filtered');
      const error = await failureOf(
        begin({ url: 'http://10.0.0.1/disk.raw', description: { name, diskFormat: 'raw' } }),
        'USAGE',
      );
      expect(error.message).toContain('does not pass filtering');
      expect(await names({ filters: { name } })).toEqual([]);
    });

    it('glance-direct: an upload through the stage', async () => {
      const { id } = await uploaded({ name: unique('staged') }, 'demo', {
        place: 'frozen',
        extras: { importMethod: 'glance-direct' },
      });
      const image = await outcome(id, 'upload', active);
      expect(image).toMatchObject({ status: 'active', sizeBytes: 1024 * 1024, places: [{ name: 'frozen', status: 'active' }] });
    });

    it('glance-download: from the other region, and from one that there is not', async () => {
      const source = await uploaded({ name: unique('far') });
      const fetch = (glanceRegion: string) =>
        begin({ method: 'glance-download', extras: { glanceRegion, glanceImageId: source.id } }, 'RegionTwo');
      const { id } = await fetch('RegionOne');
      const image = await outcome(id, 'import', active, 'demo', 'RegionTwo');
      expect(image.checksums).toEqual(source.checksums);
      const lost = await fetch('Atlantis');
      expect((await outcome(lost.id, 'import', active, 'demo', 'RegionTwo')).status).toBe('failed');
    });
  });

  describe('sharing', () => {
    const share = (user: User, id: string, action: 'add' | 'remove' | 'accept' | 'reject' | 'list') =>
      as(user)
        .require('share')
        .run({ id, action, ...(action === 'add' || action === 'remove' ? { with: bed.projects.alt ?? '' } : {}) }, testCall());

    it('with another project, which accepts and rejects for itself', async () => {
      const { id, name } = await uploaded({ name: unique('shared') });
      const theirs = () => names({ filters: { name } }, 'alt');
      await share('demo', id, 'add');
      expect(await theirs()).toEqual([]);
      expect(await names({ own: { member_status: 'pending', name } }, 'alt')).toEqual([name]);
      expect(await share('alt', id, 'accept')).toMatchObject([{ with: bed.projects.alt, state: 'accepted' }]);
      expect(await theirs()).toEqual([name]);
      await failureOf(patch(id, { name: 'theirs now' }, 'alt'), 'AUTH');
      expect(await share('alt', id, 'reject')).toMatchObject([{ state: 'rejected' }]);
      expect(await theirs()).toEqual([]);
      await share('demo', id, 'remove');
      await failureOf(show(id, 'alt'), 'NOT_FOUND');
    });

    it('only of an image that is for sharing', async () => {
      const { id } = await uploaded({ name: unique('private'), visibility: 'private' });
      await failureOf(share('demo', id, 'add'), 'CONFLICT');
      expect(await share('demo', id, 'list')).toEqual([]);
    });
  });

  describe('lists', () => {
    it('mine: own community images too; all: those of others; hidden ones in between', async () => {
      const mark = unique('mark');
      const make = (name: string, more: Description, user: User = 'demo') =>
        as(user)
          .require('create')
          .run({ description: { name, tags: [mark], ...more }, extras: {} }, testCall());
      await make('a', { visibility: 'community' });
      await make('b', { hidden: true });
      await make('c', { visibility: 'private' });
      await make('d', { visibility: 'community' }, 'alt');
      const sort = [{ field: 'name', descending: false }];
      const listed = (more: Partial<ListRequest>) => names({ filters: { tags: [mark] }, sort, ...more });
      expect(await listed({})).toEqual(['a', 'c']);
      expect(await listed({ hidden: true })).toEqual(['a', 'b', 'c']);
      expect(await listed({ scope: 'all' })).toEqual(['a', 'c', 'd']);
      const [first] = await allOf(
        as('demo')
          .require('list')
          .run({ ...everything, filters: { tags: [mark] }, sort }, testCall()),
      );
      expect(await listed({ hidden: true, after: first?.id ?? '' })).toEqual(['b', 'c']);
    });

    it('every filter of Glance’s own is taken', async () => {
      const { id } = await uploaded({ name: unique('own'), tags: ['own-tag'] });
      const { raw } = await show(id);
      const special: Record<string, string> = {
        status: 'in:active,queued',
        tag: 'own-tag',
        visibility: 'all',
        member_status: 'all',
        size_min: '1',
        size_max: '9999999999',
        created_at: 'gte:2020-01-01T00:00:00Z',
        updated_at: 'neq:2020-01-01T00:00:00Z',
      };
      for (const name of Object.keys(driver.facts.list?.own ?? {})) {
        const value = special[name] ?? (/_(min|max)$/.test(name) ? (name.endsWith('_min') ? '0' : '99') : String(raw[name]));
        const found = await allOf(
          as('demo')
            .require('list')
            .run({ ...everything, own: { [name]: value } }, testCall()),
        );
        expect(
          found.map((image) => image.id),
          `${name}=${value}`,
        ).toContain(id);
      }
    });
  });
});
