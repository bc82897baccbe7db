import { startFakeServer } from '../../support/fake-server.ts';
import type { Job } from '../../../src/core/job.ts';
import type { Cloud, RunningCloud, Seed, Strange, Work } from '../../conformance/cloud.ts';
import { startCinder, type Cinder } from './cinder.ts';
import { startGlance, type Glance } from './glance.ts';
import { projects, startKeystone, users, type Keystone } from './keystone.ts';
import { startNova, type Nova } from './nova.ts';
import { beginTask, fillImage, newImage, type Store } from './store.ts';

/** The fake cloud with what only tests of this driver touch. */
export interface OpenstackCloud extends RunningCloud {
  readonly keystone: Keystone;
  /** Glance of RegionOne and, behind a path prefix, of Prefixed. */
  readonly one: Glance;
  readonly two: Glance;
  readonly nova: Nova;
  readonly cinder: Cinder;
  /** Types of services that the catalogue leaves out. */
  missing: readonly string[];
  /** Further services of the catalogue. */
  more: readonly object[];
  readonly origin: string;
  /** Values of a profile for this user, in RegionOne. */
  valuesFor(user: string): Readonly<Record<string, string>>;
}

/** An import, whose task says more than the image. */
function workOn(store: Store, owner: string, state: 'running' | 'failed' | 'forgotten'): Work {
  const kept = newImage(store, owner, { name: 'at work', disk_format: 'raw', container_format: 'bare' });
  const job: Job = { verb: 'import', image: String(kept.wire.id), since: '2026-01-01T00:00:00.000Z' };
  kept.wire.status = 'importing';
  if (state === 'forgotten') return { job };
  beginTask(kept, {}, () => ({ status: 'success', message: '' }));
  const message = state === 'failed' ? 'Task failed due to Internal Error' : 'Copied 1 MiB';
  Object.assign(kept.tasks.at(-1) ?? {}, { status: state === 'failed' ? 'failure' : 'processing', message, left: 9 });
  return { job, message };
}

/** Project that the public images belong to. */
const somebodyElse = '5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e';

/** Where each region's Glance is mounted. Prefixed is RegionOne again, laid out as Platform9 does. */
const mounts = { RegionOne: '/image', Prefixed: '/glance', RegionTwo: '/image-two' } as const;

/** Keystone under `/v3` and `/keystone/v3`, three regions. The profile is `demo`'s; public seeds belong to somebody else. */
export async function startOpenstack(as = 'demo'): Promise<OpenstackCloud> {
  const catalogue = (project: string): readonly unknown[] => {
    const endpoints = (url: (region: string) => string) =>
      Object.keys(mounts).flatMap((region) =>
        ['public', 'internal', 'admin'].map((name) => ({
          id: `${region}-${name}`,
          interface: name,
          region_id: region,
          region,
          url: url(region),
        })),
      );
    const all = [
      { type: 'identity', name: 'keystone', endpoints: endpoints(() => `${server.origin}/v3`) },
      {
        type: 'image',
        name: 'glance',
        endpoints: endpoints((region) => keystone.imageUrl ?? `${server.origin}${mounts[region as keyof typeof mounts]}`),
      },
      // One Nova with its version in the address, one Cinder with version and project.
      { type: 'compute', name: 'nova', endpoints: endpoints(() => `${server.origin}/compute/v2.1`) },
      { type: 'volumev3', name: 'cinderv3', endpoints: endpoints(() => `${server.origin}/volume/v3/${project}`) },
    ];
    return [...all.filter(({ type }) => !cloud.missing.includes(type)), ...cloud.more];
  };
  const keystone = startKeystone(catalogue);
  const one = startGlance(() => server.origin, keystone.caller);
  const two = startGlance(() => server.origin, keystone.caller);
  const glances: Readonly<Record<string, Glance>> = { [mounts.RegionOne]: one, [mounts.Prefixed]: one, [mounts.RegionTwo]: two };
  const [nova, cinder] = [startNova(), startCinder()];
  const server = await startFakeServer((request) => {
    const { pathname, searchParams } = request.url;
    const identity = /^(?:\/keystone)?(\/v3\/.*)$/.exec(pathname)?.[1];
    if (identity !== undefined) return keystone.answer(request, identity);
    const [, mount = '', rest = ''] = /^(\/[^/]+)(\/.*)?$/.exec(pathname) ?? [];
    const caller = keystone.caller(request.headers['x-auth-token']);
    if (mount === '/compute') return nova.answer(rest, searchParams, caller);
    if (mount === '/volume') return cinder.answer(rest, searchParams, caller);
    return glances[mount]?.answer(request, rest, searchParams);
  });
  const valuesFor = (user: string): Readonly<Record<string, string>> => ({
    authUrl: `${server.origin}/v3`,
    username: user,
    password: users[user]?.password ?? '',
    userDomain: 'default',
    project: users[user]?.project ?? '',
    region: 'RegionOne',
  });
  const owner = projects[users[as]?.project ?? ''] ?? '';

  function plant(seed: Seed): string {
    const kept = newImage(one.store, seed.isPublic ? somebodyElse : owner, {
      name: seed.name,
      disk_format: 'raw',
      container_format: 'bare',
      tags: [...new Set(seed.tags)],
      ...(seed.isPublic ? { visibility: 'public' } : {}),
      ...(seed.description === undefined ? {} : { description: seed.description }),
      ...seed.properties,
    });
    if (seed.status !== 'queued') fillImage(kept, Buffer.from(seed.data ?? Buffer.alloc(1024, seed.name)), ['fast']);
    if (seed.status === 'inactive') kept.wire.status = 'deactivated';
    return String(kept.wire.id);
  }

  /** One of alt's (of demo's, where alt looks on) or, when it is public, of a third project. */
  async function strangers(name: string): Promise<Readonly<Partial<Record<Strange, string>>>> {
    const put = (visibility: string, status?: string): string => {
      const whose = owner === projects.alt ? projects.demo : projects.alt;
      const fields = { name, visibility, disk_format: 'raw', container_format: 'bare' };
      const kept = newImage(one.store, visibility === 'public' ? somebodyElse : (whose ?? ''), fields);
      fillImage(kept, Buffer.alloc(1024, name), ['fast']);
      if (status !== undefined) kept.members.set(owner, { status, created_at: '2026-01-01T00:00:00Z' });
      return String(kept.wire.id);
    };
    return {
      public: put('public'),
      community: put('community'),
      private: put('private'),
      offered: put('shared', 'pending'),
      rejected: put('shared', 'rejected'),
      // An administrator sees those of everybody, and nothing tells him which are shared with him.
      ...(users[as]?.role === 'admin' ? {} : { shared: put('shared', 'accepted') }),
    };
  }

  const cloud: OpenstackCloud = {
    strangers,
    work: (state) => workOn(one.store, owner, state),
    stored: (id) => one.store.images.get(id)?.wire ?? {},
    keystone,
    one,
    two,
    nova,
    cinder,
    missing: [],
    more: [],
    origin: server.origin,
    values: valuesFor(as),
    valuesFor,
    seed: async (seeds) => seeds.map(plant),
    requests: server.requests,
    forget: server.forget,
    fail: server.fail,
    stop: server.stop,
  };
  return cloud;
}

/** The fake for the conformance suite, as seen by one of its users. */
export const openstackCloud = (as?: string): Cloud => ({ wire: true, start: () => startOpenstack(as) });

/** An error of Glance's with these words. */
export const glanceErrorBody = (words: string): string =>
  JSON.stringify({ message: `${words}<br /><br />\n\n\n`, code: '4xx', title: 'Error' });
