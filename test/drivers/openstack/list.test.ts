import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ListRequest } from '../../../src/core/operation.ts';
import driver from '../../../src/drivers/openstack/index.ts';
import { startOpenstack, type OpenstackCloud } from '../../clouds/openstack/index.ts';
import { projects } from '../../clouds/openstack/keystone.ts';
import { newImage, pageMost } from '../../clouds/openstack/store.ts';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';

let cloud: OpenstackCloud;
beforeEach(async () => {
  cloud = await startOpenstack();
});
afterEach(() => cloud.stop());

const run = (request: Partial<ListRequest> = {}, as = 'demo') =>
  openSession(driver, cloud.valuesFor(as))
    .session.require('list')
    .run({ ...everything, ...request }, testCall());
const names = async (request: Partial<ListRequest> = {}, as = 'demo') =>
  (await allOf(run(request, as))).map((image) => image.name);
const lists = () =>
  cloud
    .requests()
    .flatMap(({ path }) => (path.startsWith('/image/v2/images?') ? [new URL(path, cloud.origin).searchParams] : []));

const usualOrder = 'created_at:desc,id:desc';
const fromNewest = () => lists().filter((page) => page.get('sort') === usualOrder);

/** The query of the first page, without paging. */
async function query(request: Partial<ListRequest>): Promise<string> {
  cloud.forget();
  await names(request);
  const [first] = lists();
  first?.delete('limit');
  // The usual order is always said aloud.
  if (first?.get('sort') === usualOrder) first.delete('sort');
  return decodeURIComponent(first?.toString() ?? '');
}
const filtered = (filters: ListRequest['filters']) => query({ filters });
const seedMany = (count: number) => cloud.seed(Array.from({ length: count }, (_, n) => ({ name: `many-${n}` })));

describe('filters on the wire', () => {
  it.each([
    [{ name: 'web' }, 'name=web'],
    [{ name: 'web-*' }, ''],
    ...['in:a,b', 'debian:12', 'a:b:c', 'eq:1', 'gt:5', 'nope:web', '2026-01-01T00:00:00Z', 'in:"x"'].map(
      (name) => [{ name }, `name=eq:${name}`] as const,
    ),
    [{ status: 'active' }, 'status=active'],
    [{ status: 'pending' }, 'status=in:saving,uploading,importing'],
    [{ status: 'deactivated' }, 'status=deactivated'],
    [{ visibility: 'community' }, 'visibility=community'],
    [{ tags: ['a', 'b'] }, 'tag=a&tag=b'],
    [{ owner: 'x' }, 'owner=x'],
    [{ diskFormat: 'iso', minSizeBytes: 1, maxSizeBytes: 2 }, 'disk_format=iso&size_min=1&size_max=2'],
    [{ properties: { os_distro: 'debian', limit: '1', status: 'x' } }, 'os_distro=debian'],
    [{ createdAfter: '2026-01-02T03:04:05.600Z' }, 'created_at=gte:2026-01-02T03:04:05Z'],
    [{ createdBefore: '2026-01-02T03:04:05.600Z' }, 'created_at=lte:2026-01-02T03:04:06Z'],
    [{ createdAfter: '2026-01-01T00:00:00Z', createdBefore: '2026-02-01T00:00:00Z' }, 'created_at=gte:2026-01-01T00:00:00Z'],
  ] as const)('%j', async (filters, wire) => {
    expect(await filtered(filters)).toBe(wire);
  });

  it("Glance's own win over neutral ones, and take the state of a membership among shared images", async () => {
    expect(
      await query({ filters: { status: 'active' }, own: { status: 'queued', updated_at: 'neq:2026-01-01T00:00:00Z' } }),
    ).toBe('status=queued&updated_at=neq:2026-01-01T00:00:00Z');
    expect(await query({ own: { member_status: 'pending' } })).toBe('member_status=pending&visibility=shared');
  });

  it('sorts by several keys, in Glance’s names', async () => {
    const sort = [
      { field: 'name', descending: false },
      { field: 'sizeBytes', descending: true },
    ];
    expect(await query({ sort })).toBe('sort=name:asc,size:desc');
  });

  it('a bad value is answered with Glance’s words', async () => {
    const error = await failureOf(names({ own: { protected: 'maybe' } }), 'USAGE');
    expect(error.message).toContain("Valid values are 'true' or 'false'");
    expect(error.message).not.toContain('<br');
  });
});

describe('pages', () => {
  it('are as large as the server gives, each behind the last id of the one before', async () => {
    await seedMany(2 * pageMost + 1);
    const ids = (await allOf(run())).map((image) => image.id);
    expect(new Set(ids).size).toBe(2 * pageMost + 1);
    expect(new Set(lists().map((page) => page.get('limit')))).toEqual(new Set(['1000']));
    expect(
      fromNewest()
        .map((page) => page.get('marker'))
        .slice(0, 2),
    ).toEqual([null, ids[pageMost - 1]]);
  });

  /** Images that were made a second after each other, the oldest first. */
  async function seedOverTime(count: number): Promise<readonly string[]> {
    await seedMany(count);
    const images = [...cloud.one.store.images];
    for (const [number, [, { wire }]] of images.entries())
      wire['created_at'] = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString().replace('.000Z', 'Z');
    return images.map(([id]) => id);
  }
  it('are read from both ends at once, and joined where they meet', async () => {
    const ids = await seedOverTime(6 * pageMost + 3);
    const seen = (await allOf(run())).map((image) => image.id);
    expect([...seen].sort()).toEqual([...ids].sort());
    const oldest = lists().filter((page) => page.get('sort') === 'created_at:asc,id:asc');
    expect(oldest.length).toBeGreaterThan(1);
    expect(fromNewest().length).toBeLessThan(7);
    // In the order of one end alone.
    expect(seen).toEqual(
      (
        await allOf(
          run({
            sort: [
              { field: 'createdAt', descending: true },
              { field: 'id', descending: true },
            ],
          }),
        )
      ).map(({ id }) => id),
    );
  });

  const narrowed = (word: 'gte' | 'lte') => lists().filter((page) => page.get('created_at')?.startsWith(`${word}:`));

  it('ask at neither end for what has been read at the other', async () => {
    const ids = await seedOverTime(7 * pageMost);
    expect((await allOf(run())).map(({ id }) => id)).toEqual(ids.toReversed());
    expect(narrowed('gte').length).toBeGreaterThan(0);
    for (const page of narrowed('gte')) expect(page.get('sort')).toBe('created_at:desc,id:desc');
    expect(narrowed('lte').length).toBeGreaterThan(0);
    for (const page of narrowed('lte')) expect(page.get('sort')).toBe('created_at:asc,id:asc');
    cloud.forget();
    const since = '2026-01-01T00:00:01Z';
    expect((await allOf(run({ filters: { createdAfter: since } }))).length).toBe(7 * pageMost - 1);
    expect(new Set(lists().map((page) => page.get('created_at')))).toEqual(new Set([`gte:${since}`]));
  });

  it('are whole at a server that refuses such conditions', async () => {
    const ids = await seedOverTime(5 * pageMost);
    const refuse = {
      kind: 'answer',
      status: 400,
      body: 'no created_at',
      on: ({ path }: { path: string }) => /[?&]created_at=/.test(path),
    } as const;
    for (let times = 0; times < 10; times += 1) cloud.fail(refuse);
    expect((await allOf(run())).map(({ id }) => id)).toEqual(ids.toReversed());
    expect(narrowed('gte').length).toBeGreaterThan(0);
  });

  it.each([1, pageMost / 2, pageMost])('lose nothing when the %i images before the meeting point are gone', async (count) => {
    const ids = await seedOverTime(4 * pageMost);
    const kept = cloud.one.store.images;
    // The far end gets one page and no more, and of that the newest are gone before the near end comes to it.
    const broken = { kind: 'answer', status: 500, body: '' } as const;
    const isOldestFirst = (path: string): boolean => path.includes('asc');
    for (let times = 0; times < 10; times += 1)
      cloud.fail({ ...broken, on: ({ path }) => isOldestFirst(path) && path.includes('marker') });
    const gone = ids.slice(pageMost - count, pageMost);
    cloud.fail({
      ...broken,
      on: ({ path }) => {
        if (path.includes('created_at=gte')) for (const id of gone) kept.delete(id);
        return false;
      },
    });
    const seen: string[] = [];
    for await (const image of run()) seen.push(image.id);
    expect(narrowed('gte').length).toBeGreaterThan(0);
    expect(gone.filter((id) => kept.has(id))).toEqual([]);
    expect(new Set(seen).size).toBe(seen.length);
    expect(ids.filter((id) => !seen.includes(id) && !gone.includes(id))).toEqual([]);
    expect(seen).toEqual(ids.toReversed().filter((id) => seen.includes(id)));
  });

  it('lose and repeat nothing while images come and go', async () => {
    await seedMany(5 * pageMost);
    const kept = cloud.one.store.images;
    const gone = [...kept.keys()].filter((_, n) => n % 50 === 7);
    const stay = [...kept.keys()].filter((id) => !gone.includes(id));
    const seen: string[] = [];
    for await (const image of run()) {
      seen.push(image.id);
      if (seen.length === pageMost + 1) for (const id of gone) kept.delete(id);
      if (seen.length % 10 === 0) newImage(cloud.one.store, projects.demo ?? '', { name: `new-${seen.length}` });
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(stay.filter((id) => !seen.includes(id))).toEqual([]);
  });

  it('keep all of a filter that is given twice, which the server’s own link does not', async () => {
    await cloud.seed(Array.from({ length: pageMost + 3 }, (_, n) => ({ name: `t-${n}`, tags: ['a', n === 0 ? 'x' : 'b'] })));
    expect((await names({ filters: { tags: ['b', 'a'] } })).length).toBe(pageMost + 2);
    for (const page of lists()) expect(page.getAll('tag')).toEqual(['b', 'a']);
  });

  it('never follow a link of the server’s', async () => {
    const [id = ''] = await cloud.seed([{ name: 'only' }]);
    const body = JSON.stringify({ images: [{ id, name: 'only', status: 'active' }], next: 'http://127.0.0.1:9/steal' });
    cloud.fail({ kind: 'answer', status: 200, body, on: ({ path }) => path.startsWith('/image/v2/images?') });
    expect(await names({ scope: 'all' })).toEqual(['only']);
    expect(lists().at(-1)?.get('marker')).toBe(id);
  });

  it('go on when the image at the end of a page is deleted meanwhile', async () => {
    await seedMany(pageMost + 5);
    const seen: string[] = [];
    for await (const image of run()) {
      seen.push(image.id);
      if (seen.length === 1) for (const id of [...cloud.one.store.images.keys()].slice(5, 7)) cloud.one.store.images.delete(id);
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect([...cloud.one.store.images.keys()].filter((id) => !seen.includes(id))).toEqual([]);
  });

  it('are asked for while the one before is read, but not by who reads one image only', async () => {
    await seedMany(2 * pageMost);
    for await (const _image of run()) break;
    expect(lists().length).toBe(1);
    cloud.forget();
    let seen = 0;
    for await (const _image of run()) {
      seen += 1;
      // The last one of the page is held until the next page was asked for.
      if (seen === pageMost) await expect.poll(() => fromNewest().length).toBe(2);
      if (seen === pageMost) break;
    }
    expect(fromNewest().length).toBe(2);
  });

  it('are no more than a limit takes', async () => {
    await seedMany(pageMost);
    expect((await names({ limit: 3 })).length).toBe(3);
    expect(lists().map((page) => page.get('limit'))).toEqual(['3']);
  });

  it('begin behind an image that is there, or do not', async () => {
    await failureOf(names({ after: '00000000-0000-4000-8000-000000000001' }), 'NOT_FOUND');
  });

  it('that hold no list are PROVIDER', async () => {
    cloud.fail({ kind: 'answer', status: 200, body: '{"images": {"id": 1}}', on: ({ path }) => path.startsWith('/image/') });
    await failureOf(names(), 'PROVIDER');
  });
});

describe('whose images', () => {
  const plant = (name: string, owner: string | undefined, visibility: string, member?: string): void => {
    const kept = newImage(cloud.one.store, owner ?? '', { name, visibility });
    if (member !== undefined) kept.members.set(projects.demo ?? '', { status: member, created_at: '2026-01-01T00:00:00Z' });
  };
  beforeEach(() => {
    plant('my private', projects.demo, 'private');
    plant('my public', projects.demo, 'public');
    plant('my community', projects.demo, 'community');
    plant('their public', projects.alt, 'public');
    plant('their community', projects.alt, 'community');
    plant('their private', projects.alt, 'private');
    plant('shared, accepted', projects.alt, 'shared', 'accepted');
    plant('shared, pending', projects.alt, 'shared', 'pending');
  });
  const mine = ['my community', 'my private', 'my public', 'shared, accepted'];

  it('mine: own and accepted ones', async () => {
    expect((await names()).sort()).toEqual(mine);
  });

  it('all: public and community ones too', async () => {
    expect((await names({ scope: 'all' })).sort()).toEqual([...mine, 'their community', 'their public']);
  });

  it('a filter of Glance’s own is not narrowed', async () => {
    expect((await names({ own: { visibility: 'public' } })).sort()).toEqual(['my public', 'their public']);
    expect(await names({ own: { member_status: 'pending' } })).toEqual(['shared, pending']);
  });

  it('an administrator’s own are those of his project, not everybody’s', async () => {
    plant('root private', projects.admin, 'private');
    for (const role of ['admin', 'Admin']) {
      cloud.keystone.adminRole = role;
      expect(await names({}, 'root'), role).toEqual(['root private']);
      expect((await names({ scope: 'all' }, 'root')).length).toBe(9);
    }
  });

  it('hidden ones come among the others, in the order asked for', async () => {
    newImage(cloud.one.store, projects.demo ?? '', { name: 'n hidden', os_hidden: true });
    const sort = [{ field: 'name', descending: true }];
    expect(await names({ sort })).toEqual(mine.toReversed());
    expect(await names({ sort, hidden: true })).toEqual([
      'shared, accepted',
      'n hidden',
      'my public',
      'my private',
      'my community',
    ]);
  });
});
