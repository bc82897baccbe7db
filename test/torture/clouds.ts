import { projects, users } from '../clouds/openstack/keystone.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { startLinode } from '../clouds/linode/index.ts';
import { library, startOci } from '../clouds/oci/index.ts';
import { plant } from '../clouds/oci/seeds.ts';
import type { Switches } from '../clouds/oci/switches.ts';
import { rancherCloud } from '../clouds/rancher/index.ts';
import type { Version } from '../clouds/rancher/versions.ts';
import { diskBytes } from '../support/content.ts';
import { startFaultProxy, type FaultProxy, type Identity } from '../support/fault-proxy.ts';

/** What a fake cloud really holds. `data` absent: it keeps none, or none yet. */
export interface Held {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly active: boolean;
  readonly data?: Buffer;
  /** Regions, stores or repositories that it lies in. */
  readonly places?: readonly string[];
  /** Projects that it is shared with, each with their answer. */
  readonly members?: Readonly<Record<string, string>>;
}

/**
 * The state that an image is put in with. `two places`: it lies in a second one; `offered`: somebody else's, shared with
 * us; `shared`: ours, shared with `friend`; `staged`: its data waits to be imported.
 */
export type SeedState = 'active' | 'inactive' | 'queued' | 'removed' | 'staged' | 'offered' | 'shared' | 'two places';

/** A fake cloud with a fault proxy in front of it. */
export interface BedCloud {
  readonly provider: string;
  /** Values of a profile that reaches it through the proxy. */
  readonly values: Readonly<Record<string, string>>;
  readonly proxy: FaultProxy;
  /** Puts in an image of that name, in that state. */
  seed(name: string, state?: SeedState): Promise<string>;
  held(): readonly Held[];
  stop(): Promise<void>;
}

type Identities = (at: number) => Identity | undefined;

export const seedData = diskBytes('raw', 300 * 1024, 7);
/** Somebody that images are shared with. */
export const friend = 'fefefefefefefefefefefefefefefefe';
const ourProject = (user: string): string => projects[users[user]?.project ?? ''] ?? '';

async function openstack(user: string, identity?: Identities): Promise<BedCloud> {
  const cloud = await startOpenstack(user);
  const proxy = await startFaultProxy([cloud.origin], identity);
  const { images } = cloud.one.store;
  return {
    provider: 'openstack',
    values: translated(cloud.values, proxy),
    proxy,
    async seed(name, state = 'active') {
      const status = state === 'inactive' ? state : state === 'queued' || state === 'staged' ? 'queued' : 'active';
      const [id = ''] = await cloud.seed([{ name, status, data: seedData }]);
      const kept = images.get(id);
      const since = { created_at: '2026-01-02T03:04:05Z' };
      if (state === 'staged' && kept) {
        kept.staged = seedData;
        Object.assign(kept.wire, { status: 'uploading', size: seedData.length });
      }
      if (state === 'two places' && kept) kept.wire.stores = 'fast,cheap';
      if (state === 'shared') kept?.members.set(friend, { status: 'pending', ...since });
      if (state === 'offered' && kept) {
        kept.wire.owner = projects.alt;
        kept.members.set(ourProject(user), { status: 'pending', ...since });
      }
      return id;
    },
    held: () =>
      [...images.values()].map(({ wire, data, members }) => ({
        id: String(wire.id),
        name: String(wire.name),
        status: String(wire.status),
        active: wire.status === 'active',
        data,
        places: String(wire.stores ?? '').split(','),
        members: Object.fromEntries([...members].map(([who, { status }]) => [who, status])),
      })),
    stop: () => stopped(cloud, proxy),
  };
}

async function linode(identity?: Identities): Promise<BedCloud> {
  const cloud = await startLinode({ listsPerMinute: 1_000_000, workMs: 5 });
  const proxy = await startFaultProxy([cloud.origin, cloud.store], identity);
  const { account } = cloud;
  const data = new Map<string, Buffer>();
  const take = account.take.bind(account);
  account.take = (image, bytes, region) => {
    data.set(image.id, bytes);
    take(image, bytes, region);
  };
  return {
    provider: 'linode',
    values: translated(cloud.values, proxy),
    proxy,
    async seed(name, state = 'active') {
      const [id = ''] = await cloud.seed([{ name, status: state === 'queued' ? 'queued' : 'active', data: seedData }]);
      const image = account.images.get(id);
      if (state === 'two places' && image) account.finish(image, 1, ['us-ord', 'us-iad']);
      return id;
    },
    held() {
      account.settle();
      return [...account.images.values()].map((image) => {
        const bytes = data.get(image.id);
        return {
          id: image.id,
          name: image.label,
          status: image.status,
          active: image.status === 'available',
          places: (image.regions ?? []).filter(({ status }) => status !== 'pending deletion').map(({ region }) => region),
          ...(bytes ? { data: bytes } : {}),
        };
      });
    },
    stop: () => stopped(cloud, proxy),
  };
}

async function rancher(version: Version, identity?: Identities): Promise<BedCloud> {
  const cloud = await rancherCloud({ version, transitionMs: 5, key: 'superadmin' }).start();
  const proxy = await startFaultProxy([cloud.origin], identity);
  const ids: string[] = [];
  return {
    provider: 'rancher',
    values: translated(cloud.values, proxy),
    proxy,
    async seed(name, state = 'active') {
      const [id = ''] =
        state === 'removed'
          ? [cloud.put({ name, state: 'removed' })]
          : await cloud.seed([{ name, status: state === 'inactive' || state === 'queued' ? state : 'active' }]);
      ids.push(id);
      return id;
    },
    held: () =>
      ids.map((id) => {
        const { name, state } = cloud.row(id);
        return { id, name: String(name), status: state, active: state === 'active' };
      }),
    stop: () => stopped(cloud, proxy),
  };
}

/** As `documents` of the fake has it, and as anybody may read it. */
interface SeedRecord {
  readonly name: string;
  readonly status: string;
}

async function oci(
  switches: Partial<Switches>,
  more: Readonly<{ chunkSize?: string }>,
  identity?: Identities,
): Promise<BedCloud> {
  const cloud = await startOci(switches);
  const proxy = await startFaultProxy([cloud.origin], identity);
  const home = cloud.store.of(library);
  return {
    provider: 'oci',
    values: { ...cloud.values, registry: proxy.of(cloud.origin), ...more },
    proxy,
    async seed(name, state = 'active') {
      const seed = { name, status: state === 'queued' || state === 'inactive' ? state : 'active', data: seedData } as const;
      const id = cloud.plant(seed);
      if (state === 'two places') plant(cloud.store.of('images/second'), seed, id);
      return id;
    },
    held: () =>
      [...home.tags].flatMap(([id, digest]) => {
        const manifest = JSON.parse(home.manifests.get(digest)?.data.toString() ?? '{}') as {
          config: { digest: string };
          layers: readonly { digest: string }[];
        };
        const { name, status } = JSON.parse(home.blobs.get(manifest.config.digest)?.toString() ?? '{}') as SeedRecord;
        const data = home.blobs.get(manifest.layers[0]?.digest ?? '');
        const places = [...cloud.store.repositories].filter(([, { tags }]) => tags.get(id) === digest).map(([place]) => place);
        return [{ id, name, status, active: status === 'active', places, ...(data ? { data } : {}) }];
      }),
    stop: () => stopped(cloud, proxy),
  };
}

const translated = (values: Readonly<{ [name: string]: string }>, proxy: FaultProxy): { [name: string]: string } =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, proxy.translate(value)]));

async function stopped(cloud: { stop(): Promise<void> }, proxy: FaultProxy): Promise<void> {
  await proxy.stop();
  await cloud.stop();
}

/** Clouds to be had, by their word in a test. `identity`: what their services are shown with over TLS; absent: plain http. */
export const startCloud: { readonly [cloud: string]: (identity?: Identities) => Promise<BedCloud> } = {
  openstack: (identity) => openstack('demo', identity),
  'openstack, administrator': (identity) => openstack('root', identity),
  linode,
  rancher: (identity) => rancher('1.6', identity),
  'rancher before 1.6': (identity) => rancher('1.5', identity),
  oci: (identity) => oci({}, {}, identity),
  'oci in chunks': (identity) => oci({ checksOffsets: true }, { chunkSize: '64KiB' }, identity),
};
