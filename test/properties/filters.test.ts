import { fc } from '../support/draws.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Driver, Session } from '../../src/core/driver.ts';
import { matches } from '../../src/core/filter.ts';
import type { Image } from '../../src/core/image.ts';
import type { Filter, Filters, ListRequest } from '../../src/core/operation.ts';
import linode from '../../src/drivers/linode/index.ts';
import openstack from '../../src/drivers/openstack/index.ts';
import rancher from '../../src/drivers/rancher/index.ts';
import { startLinode } from '../clouds/linode/index.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { rancherCloud } from '../clouds/rancher/index.ts';
import type { RunningCloud } from '../conformance/cloud.ts';
import { allOf, everything, testCall } from '../conformance/stage.ts';
import { openSession } from '../support/open-session.ts';

/** Texts that mean something in some query language, differ in case only, or are easily taken for nothing. */
const words = [
  'web',
  'Web',
  'web-1',
  'web,2',
  'in:web',
  'in:"x",y',
  '"q"',
  'a b',
  'a+b',
  'a&b=c',
  'ü',
  '%',
  'x_y',
  'x%y',
  'null',
  '0',
  '#',
];
const word = fc.constantFrom(...words);
const name = fc.oneof(word, word, fc.constantFrom('', 'a*b', '?', 'neq:web'));
const times = ['2026-01-02T03:04:05Z', '2026-01-02T03:04:06Z', '2026-03-01T00:00:00Z', '2025-12-31T23:59:59Z'];
const maybe = <T>(inner: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: inner });
const given = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
/** Names of properties, among them those that a query would take for something else. */
const keys = ['os_distro', 'limit', 'tag', 'size_min', 'sort', 'a b', 'ü', 'visibility_x', 'changes-since'];

const drawn = fc.record({
  name,
  tags: fc.uniqueArray(word, { maxLength: 3 }),
  properties: fc.dictionary(fc.constantFrom(...keys), word, { maxKeys: 2 }),
  bytes: fc.option(fc.constantFrom(0, 1, 1024, 5_000_000, 2 ** 40), { nil: undefined }),
  created: fc.constantFrom(...times),
  pick: fc.nat(1000),
});
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

/** A cloud with these images in it, and the words that its filters on status, owner and format may be given. */
interface Library {
  readonly driver: Driver;
  readonly cloud: RunningCloud;
  readonly statuses: readonly string[];
  readonly owners: readonly string[];
}

const one = <T>(all: readonly T[], pick: number): T => all[pick % all.length] as T;

const libraries: Readonly<Record<string, (images: readonly Drawn[]) => Promise<Library>>> = {
  async openstack(images) {
    const cloud = await startOpenstack();
    const owners = ['5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e', 'theirs'];
    const ids = await cloud.seed(images.map((image) => ({ name: image.name, tags: image.tags, properties: image.properties })));
    for (const [at, id] of ids.entries()) {
      const { bytes, created, pick } = images[at] as Drawn;
      const wire: Record<string, unknown> = cloud.one.store.images.get(id)?.wire ?? {};
      Object.assign(wire, { size: bytes ?? null, created_at: created, os_hidden: pick % 7 === 0 });
      wire.status = one(['active', 'queued', 'saving', 'importing', 'deactivated', 'killed', 'active', 'strange'], pick);
      wire.visibility = one(['private', 'shared', 'public', 'community', 'private'], pick + 1);
      wire.disk_format = one([null, 'raw', 'qcow2', 'vhd'], pick + 2);
      if (wire.visibility === 'public' || wire.visibility === 'community') wire.owner = one(owners, pick);
    }
    const own = String(cloud.one.store.images.get(ids[0] ?? '')?.wire.owner ?? '');
    return {
      driver: openstack,
      cloud,
      statuses: ['saving', 'importing', 'killed', 'deactivated', 'strange'],
      owners: [own, ...owners],
    };
  },
  async linode(images) {
    const cloud = await startLinode({ listsPerMinute: 1_000_000 });
    const ids = await cloud.seed(images.map((image) => ({ name: image.name, tags: image.tags, isPublic: image.pick % 9 === 0 })));
    for (const [at, id] of ids.entries()) {
      const { bytes, created, pick, tags } = images[at] as Drawn;
      const status = one(['available', 'creating', 'pending_upload'], pick);
      const facts = { size: Math.ceil((bytes ?? 0) / 2 ** 20), created: created.replace('Z', ''), status, tags };
      Object.assign(cloud.account.images.get(id) ?? {}, facts, { type: one(['manual', 'automatic'], pick) });
    }
    return { driver: linode, cloud, statuses: ['available', 'creating', 'pending_upload'], owners: ['someone'] };
  },
  async rancher(images) {
    const cloud = await rancherCloud({ transitionMs: 5 }).start();
    const ids = await cloud.seed(images.map((image) => ({ name: image.name })));
    for (const [at, id] of ids.entries()) {
      const { created, pick } = images[at] as Drawn;
      Object.assign(cloud.row(id), {
        created,
        createdAt: Date.parse(created),
        state: one(['active', 'inactive', 'active'], pick),
      });
    }
    return { driver: rancher, cloud, statuses: ['active', 'inactive', 'registering'], owners: ['1a5', '1a7', 'somebody'] };
  },
};

const formats = [undefined, 'raw', 'qcow2', 'vhd', 'VHD'] as const;
const filtersOf = ({ statuses, owners }: Library): fc.Arbitrary<Filters> =>
  fc
    .record({
      name: maybe(fc.oneof(name, fc.constantFrom('w*', '*1', '?eb', '*', 'x_*', '%*', 'W?b', 'in:*'))),
      status: maybe(fc.constantFrom('active', 'queued', 'pending', 'inactive', 'failed', 'unknown', ...statuses)),
      visibility: maybe(fc.constantFrom('public' as const, 'private' as const, 'shared' as const, 'community' as const)),
      tags: maybe(fc.uniqueArray(word, { maxLength: 2 })),
      owner: maybe(fc.constantFrom(...owners)),
      properties: maybe(fc.dictionary(fc.constantFrom(...keys), word, { maxKeys: 2 })),
      diskFormat: maybe(fc.constantFrom(...formats)),
      minSizeBytes: maybe(fc.constantFrom(0, 1, 1024, 1_048_576, 2 ** 41)),
      maxSizeBytes: maybe(fc.constantFrom(0, 1024, 5_000_000, 2 ** 41)),
      createdBefore: maybe(fc.constantFrom(...times, '2026-01-02T03:04:05.500Z')),
      createdAfter: maybe(fc.constantFrom(...times, '2026-01-02T03:04:05.500Z')),
    })
    .map((fields) => given(fields) as Filters);

describe.each(Object.keys(libraries))('filters at %s and here', (provider) => {
  let library: Library;
  let session: Session;
  const lists = new Map<string, readonly Image[]>();
  beforeAll(async () => {
    const [images = []] = fc.sample(fc.array(drawn, { minLength: 60, maxLength: 60 }), { numRuns: 1 });
    library = await (libraries[provider] ?? (() => Promise.reject(new Error(provider))))(images);
    session = openSession(library.driver, library.cloud.values).session;
  });
  afterAll(() => library.cloud.stop());

  const list = (request: Partial<ListRequest>): Promise<readonly Image[]> =>
    allOf(session.require('list').run({ ...everything, ...request }, testCall()));
  /** The whole list, asked for once. */
  async function whole(request: Partial<ListRequest>): Promise<readonly Image[]> {
    const key = JSON.stringify(request);
    const known = lists.get(key) ?? (await list(request));
    lists.set(key, known);
    return known;
  }
  const ids = (images: readonly Image[]): readonly string[] => images.map(({ id }) => id).sort();

  it('give the same images, whatever is in them and whatever is asked for', async () => {
    const seen = { some: 0, none: 0, narrowed: 0 };
    const exact: readonly Filter[] = library.driver.facts.list?.filters ?? [];
    const scope = fc.constantFrom('mine' as const, 'all' as const);
    await fc.assert(
      fc.asyncProperty(filtersOf(library), scope, fc.boolean(), async (filters, from, hidden) => {
        const all = await whole({ scope: from, hidden });
        const wanted = all.filter((image) => matches(image, filters));
        const answer = await list({ filters, scope: from, hidden });
        expect(ids(answer.filter((image) => matches(image, filters)))).toEqual(ids(wanted));
        seen[wanted.length > 0 ? 'some' : 'none'] += 1;
        if (answer.length < all.length) seen.narrowed += 1;
        // Of what a provider is said to filter exactly, nothing else comes back.
        const left = Object.fromEntries(Object.entries(filters).filter(([filter]) => exact.includes(filter as Filter)));
        expect(answer.filter((image) => !matches(image, left))).toEqual([]);
        // So that a limit may be left to it.
        if (from === 'mine' || Object.keys(left).length === 0) return;
        const [some, every] = [
          await list({ filters: left, scope: from, hidden, limit: 3 }),
          await list({ filters: left, scope: from, hidden }),
        ];
        expect(some.map(({ id }) => id)).toEqual(every.slice(0, 3).map(({ id }) => id));
      }),
      { numRuns: 120 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(5);
  });
});
