import { beforeEach, describe, expect, it } from 'vitest';
import type { ImageUses } from '../../../src/core/uses.ts';
import { projects } from '../../clouds/openstack/keystone.ts';
import { newImage } from '../../clouds/openstack/store.ts';
import { useOpenstack } from '../../clouds/openstack/use.ts';
import { testCall } from '../../conformance/stage.ts';

const { cloud, session, asked } = useOpenstack();
const [demo, alt] = [projects.demo ?? '', projects.alt ?? ''];
const disk = { name: 'web', disk_format: 'qcow2', container_format: 'bare' };

/** Puts an image in, and gives its id. */
const image = (fields: Readonly<Record<string, unknown>> = {}, owner = demo): string =>
  String(newImage(cloud().one.store, owner, { ...disk, visibility: 'private', ...fields }).wire.id);

async function usesOf(id: string, as?: string): Promise<ImageUses> {
  const at = session(as);
  const found = await at.require('show').run({ id }, testCall());
  cloud().forget();
  const [uses] = await at.require('uses').run({ images: [found] }, testCall());
  if (!uses) throw new Error('no answer');
  return uses;
}
const names = ({ uses }: ImageUses): readonly string[] => uses.map(({ kind, name, id }) => `${kind} ${name ?? id}`).sort();
const unasked = ({ unasked: parts }: ImageUses): readonly string[] =>
  parts.map(({ kind, of, reason }) => `${kind}${of === undefined ? '' : ` of ${of}`}: ${reason}`);
const byOthers = 'only administrators see what other projects have';

describe('servers', () => {
  it('are found page by page, with what is known of them', async () => {
    const id = image();
    for (const name of ['web-1', 'web-2', 'web-3', 'web-4']) cloud().nova.boot({ name, image: id, project: demo });
    const uses = await usesOf(id);
    expect(names(uses)).toEqual(['instance web-1', 'instance web-2', 'instance web-3', 'instance web-4']);
    expect(uses.uses[0]).toMatchObject({ kind: 'instance', status: 'ACTIVE', owner: demo, place: 'nova' });
    expect(uses.unasked).toEqual([]);
  });

  it('of another image do not count, also where Nova drops the filter without a word', async () => {
    const id = image();
    cloud().nova.boot({ name: 'mine', image: id, project: demo });
    cloud().nova.boot({ name: 'other', image: image(), project: demo });
    cloud().nova.boot({ name: 'from-volume', project: demo });
    cloud().nova.ignored = ['image'];
    expect(names(await usesOf(id))).toEqual(['instance mine']);
  });

  it('that were deleted do not count', async () => {
    const id = image();
    cloud().nova.boot({ name: 'gone', image: id, project: demo, deleted: true });
    expect(await usesOf(id)).toEqual({ image: id, uses: [], unasked: [] });
  });

  it('of all projects are seen by an administrator', async () => {
    const id = image({ visibility: 'public' });
    cloud().nova.boot({ name: 'theirs', image: id, project: alt });
    cloud().nova.boot({ name: 'ours', image: id, project: demo });
    const uses = await usesOf(id, 'root');
    expect(names(uses)).toEqual(['instance ours', 'instance theirs']);
    expect(uses.unasked).toEqual([]);
  });

  it('of other projects are said to be unseen where others can have the image, once Nova has refused to show them', async () => {
    for (const [fields, owner, isTold] of [
      [{ visibility: 'public' }, demo, true],
      [{ visibility: 'community' }, demo, true],
      [{ visibility: 'public' }, alt, true],
      [{ visibility: 'private' }, demo, false],
      [{ visibility: 'shared' }, demo, false],
    ] as const) {
      const id = image(fields, owner);
      cloud().nova.boot({ name: 'theirs', image: id, project: alt });
      cloud().nova.boot({ name: 'ours', image: id, project: demo });
      const uses = await usesOf(id);
      expect(names(uses)).toEqual(['instance ours']);
      expect(unasked(uses)).toEqual(isTold ? [`instance of others: ${byOthers}`, `volume of others: ${byOthers}`] : []);
      expect(asked().filter((line) => line.includes('/servers/detail')).length).toBe(2);
    }
  });

  it('that are shelved have nothing but their snapshot', async () => {
    const boot = (status: string): string => cloud().nova.boot({ name: status, image: image(), project: demo, status });
    const snapshot = (server: string): string => image({ image_type: 'snapshot', instance_uuid: server });
    expect(names(await usesOf(snapshot(boot('SHELVED_OFFLOADED'))))).toEqual(['instance SHELVED_OFFLOADED']);
    expect(names(await usesOf(snapshot(boot('ACTIVE'))))).toEqual([]);
    expect(await usesOf(snapshot('11111111-2222-4333-8444-555555555555'))).toMatchObject({ uses: [], unasked: [] });
    expect(await usesOf(image({ instance_uuid: '../images' }))).toMatchObject({ uses: [], unasked: [] });
  });
});

describe('volumes', () => {
  it('are found page by page by what they were made from, and the servers that run from them by way of these', async () => {
    const id = image();
    const server = cloud().nova.boot({ name: 'from-volume', project: demo });
    const volume = cloud().cinder.create({ name: 'root-disk', image: id, project: demo, server });
    for (const name of ['a', 'b', 'c']) cloud().cinder.create({ name, project: demo });
    cloud().cinder.create({ name: 'spare', image: id, project: demo });
    const uses = await usesOf(id);
    expect(names(uses)).toEqual([`instance ${server}`, 'volume root-disk', 'volume spare']);
    expect(uses.uses).toContainEqual({ kind: 'instance', id: server, via: volume, owner: demo });
    expect(uses.unasked).toEqual([]);
  });

  it('of a server that was made from the same image do not hide what that one is called', async () => {
    const id = image();
    const server = cloud().nova.boot({ name: 'web-1', image: id, project: demo });
    cloud().cinder.create({ name: 'data', image: id, project: demo, server });
    expect(names(await usesOf(id))).toEqual(['instance web-1', 'volume data']);
  });

  it('are read once, however many images are asked for', async () => {
    const at = session();
    const images = await Promise.all([image(), image(), image()].map((id) => at.require('show').run({ id }, testCall())));
    cloud().forget();
    await at.require('uses').run({ images }, testCall());
    expect(asked().filter((line) => line.includes('/volumes/detail')).length).toBe(1);
  });

  it('of other projects are not taken for none, since Cinder gives one’s own without a word', async () => {
    const id = image({ visibility: 'public' });
    cloud().cinder.create({ name: 'theirs', image: id, project: alt });
    expect(unasked(await usesOf(id))).toContain(`volume of others: ${byOthers}`);
    const all = await usesOf(id, 'root');
    expect([names(all), unasked(all)]).toEqual([['volume theirs'], []]);
  });

  it('that do not tell what they were made from count as unasked', async () => {
    const id = image();
    cloud().cinder.create({ name: 'root-disk', image: id, project: demo });
    cloud().cinder.tellsImages = false;
    expect(unasked(await usesOf(id))).toEqual(['volume: volumes do not tell which image they were made from']);
  });
});

describe('what else rests on an image', () => {
  it('is an image that starts with it, hidden or not', async () => {
    const kernel = image({ disk_format: 'aki', container_format: 'aki' });
    image({ name: 'starts', kernel_id: kernel });
    image({ name: 'hidden', ramdisk_id: kernel, os_hidden: true });
    expect(names(await usesOf(kernel))).toEqual(['image hidden', 'image starts']);
  });

  it('is a project that it was given to, until that one refuses it; then others’ servers are told to be unseen', async () => {
    const id = image({ visibility: 'shared' });
    const { members = new Map<string, { status: string; created_at: string }>() } = cloud().one.store.images.get(id) ?? {};
    members.set(alt, { status: 'pending', created_at: '2026-01-01T00:00:00Z' });
    const shared = await usesOf(id);
    expect(shared.uses).toEqual([{ kind: 'share', id: alt, status: 'pending' }]);
    expect(unasked(shared)).toEqual([`instance of others: ${byOthers}`, `volume of others: ${byOthers}`]);
    members.set(alt, { status: 'rejected', created_at: '2026-01-01T00:00:00Z' });
    expect(await usesOf(id)).toEqual({ image: id, uses: [], unasked: [] });
  });
});

describe('a service that cannot be asked', () => {
  let id = '';
  beforeEach(() => {
    id = image();
  });

  it('is told when the catalogue has none', async () => {
    cloud().missing = ['compute', 'volumev3'];
    expect(unasked(await usesOf(id))).toEqual([
      'instance: the catalogue has no compute service in region RegionOne',
      'volume: the catalogue has no block storage service in region RegionOne',
    ]);
  });

  it.each([
    [403, '{"forbidden":{"code":403,"message":"Policy says no."}}', 'Policy says no.'],
    [404, '{"itemNotFound":{"code":404,"message":"The resource could not be found."}}', 'The resource could not be found.'],
    [503, '<html><title>503</title></html>', '503'],
    [300, '{"choices":[]}', 'list of versions'],
    [200, '{"odd":true}', 'holds no list of'],
    [200, '<html>Sign in</html>', 'HTML instead of JSON'],
  ])('is told with its words when it answers %s %s', async (status, body, words) => {
    const on = ({ path }: { readonly path: string }): boolean => /^\/(compute|volume)\//.test(path);
    cloud().fail({ kind: 'answer', status, body, times: 99, on });
    const [servers = '', volumes = '', ...more] = unasked(await usesOf(id));
    expect(more).toEqual([]);
    expect(servers).toMatch(/^instance: /);
    expect(volumes).toMatch(/^volume: /);
    for (const text of [servers, volumes]) expect(text).toContain(words);
  });

  it('keeps what was found before it failed', async () => {
    for (const name of ['a', 'b', 'c']) cloud().nova.boot({ name, image: id, project: demo });
    cloud().fail({ kind: 'answer', status: 500, body: '', times: 99, on: ({ path }) => path.includes('marker=') });
    const uses = await usesOf(id);
    expect(names(uses)).toEqual(['instance a', 'instance b']);
    expect(unasked(uses)).toEqual([expect.stringMatching(/^instance: .*500/)]);
  });

  it('that gives the same page for ever is no answer', async () => {
    const page = { servers: [{ id: 's', image: { id } }], servers_links: [{ rel: 'next', href: 'http://10.0.0.7/' }] };
    const on = ({ path }: { readonly path: string }): boolean => path.includes('/servers/detail');
    cloud().fail({ kind: 'answer', status: 200, body: JSON.stringify(page), times: 99, on });
    expect(unasked(await usesOf(id))).toEqual([expect.stringContaining('brought nothing new')]);
  });

  it('ends the call when that is stopped', async () => {
    const at = session();
    const found = await at.require('show').run({ id }, testCall());
    const call = testCall();
    const stop = new AbortController();
    const stopping = ({ path }: { readonly path: string }): boolean => {
      if (path.startsWith('/compute/')) stop.abort();
      return path.startsWith('/compute/');
    };
    cloud().fail({ kind: 'stall', times: 9, on: stopping });
    const asking = at.require('uses').run({ images: [found] }, { ...call, signal: stop.signal });
    await expect(asking).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('where a service is', () => {
  const endpoint = (region: string, url: string) => ({ interface: 'public', region_id: region, region, url });
  const paths = (): readonly string[] => asked().map((line) => line.replace(/\?.*/, ''));

  it('its version is added where the catalogue names none', async () => {
    const id = image();
    const { origin } = cloud();
    cloud().more = [
      { type: 'compute', endpoints: [endpoint('RegionOne', `${origin}/compute/`)] },
      { type: 'block-storage', endpoints: [endpoint('RegionOne', `${origin}/volume`)] },
    ];
    cloud().missing = ['compute', 'volumev3'];
    expect((await usesOf(id)).unasked).toEqual([]);
    expect(paths()).toContain('GET /compute/v2.1/servers/detail');
    expect(paths()).toContain(`GET /volume/v3/${demo}/volumes/detail`);
  });

  it.each(['ftp://host/v2.1', 'host', ''])('an address like "%s" is told, and nothing is sent', async (address) => {
    const id = image();
    cloud().missing = ['compute'];
    cloud().more = [{ type: 'compute', endpoints: [endpoint('RegionOne', address)] }];
    expect(unasked(await usesOf(id))).toEqual([expect.stringMatching(/^instance: the catalogue (gives|has no)/)]);
  });

  it('only that of the image’s own region is asked', async () => {
    const id = image();
    cloud().missing = ['compute'];
    cloud().more = [{ type: 'compute', endpoints: [endpoint('Elsewhere', `${cloud().origin}/compute/v2.1`)] }];
    expect(unasked(await usesOf(id))).toEqual(['instance: the catalogue has no compute service in region RegionOne']);
  });
});
