import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { startLinode } from '../clouds/linode/index.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { rancherCloud } from '../clouds/rancher/index.ts';
import { diskBytes } from '../support/content.ts';
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts';
import { cliHome, type CliHome, type CliResult } from '../support/run-cli.ts';

/** What a fake cloud really holds. `data` absent: it keeps none, or none yet. */
export interface Held {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly active: boolean;
  readonly data?: Buffer;
}

/** A fake cloud with a fault proxy in front of it. */
export interface BedCloud {
  readonly provider: string;
  /** Values of a profile that reaches it through the proxy. */
  readonly values: Readonly<Record<string, string>>;
  readonly proxy: FaultProxy;
  /** Puts in an image of that name, in that state. */
  seed(name: string, status?: 'active' | 'inactive' | 'queued'): Promise<string>;
  held(): readonly Held[];
  stop(): Promise<void>;
}

export const seedData = diskBytes('raw', 300 * 1024, 7);

async function openstack(): Promise<BedCloud> {
  const cloud = await startOpenstack();
  const proxy = await startFaultProxy([cloud.origin]);
  return {
    provider: 'openstack',
    values: translated(cloud.values, proxy),
    proxy,
    seed: async (name, status = 'active') => (await cloud.seed([{ name, status, data: seedData }]))[0] ?? '',
    held: () =>
      [...cloud.one.store.images.values()].map(({ wire, data }) => ({
        id: String(wire.id),
        name: String(wire.name),
        status: String(wire.status),
        active: wire.status === 'active',
        data,
      })),
    stop: () => stopped(cloud, proxy),
  };
}

async function linode(): Promise<BedCloud> {
  const cloud = await startLinode({ listsPerMinute: 1_000_000, workMs: 5 });
  const proxy = await startFaultProxy([cloud.origin, cloud.store]);
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
    seed: async (name, status = 'active') => (await cloud.seed([{ name, status, data: seedData }]))[0] ?? '',
    held() {
      account.settle();
      return [...account.images.values()].map((image) => {
        const bytes = data.get(image.id);
        return {
          id: image.id,
          name: image.label,
          status: image.status,
          active: image.status === 'available',
          ...(bytes ? { data: bytes } : {}),
        };
      });
    },
    stop: () => stopped(cloud, proxy),
  };
}

async function rancher(): Promise<BedCloud> {
  const cloud = await rancherCloud({ transitionMs: 5, key: 'superadmin' }).start();
  const proxy = await startFaultProxy([cloud.origin]);
  const ids: string[] = [];
  return {
    provider: 'rancher',
    values: translated(cloud.values, proxy),
    proxy,
    async seed(name, status = 'active') {
      const [id = ''] = await cloud.seed([{ name, status }]);
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

const translated = (values: Readonly<Record<string, string>>, proxy: FaultProxy): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, proxy.translate(value)]));

async function stopped(cloud: { stop(): Promise<void> }, proxy: FaultProxy): Promise<void> {
  await proxy.stop();
  await cloud.stop();
}

export const startCloud: Readonly<Record<string, () => Promise<BedCloud>>> = { openstack, linode, rancher };

/** A home with a profile for each cloud, all of it in the environment: no file is read. */
export interface Bed {
  readonly home: CliHome;
  /** By the name of their profile. */
  readonly clouds: Readonly<Record<string, BedCloud>>;
  readonly env: Readonly<Record<string, string>>;
  cloud(profile: string): BedCloud;
  run(...args: readonly string[]): Promise<CliResult & { readonly ms: number }>;
  file(name: string, data: Buffer): string;
  read(name: string): Buffer | undefined;
  stop(): Promise<void>;
}

/** `profiles`: the provider of each. */
export async function makeBed(profiles: Readonly<Record<string, string>>): Promise<Bed> {
  const home = cliHome();
  const clouds: Record<string, BedCloud> = {};
  const env: Record<string, string> = {};
  for (const [name, provider] of Object.entries(profiles)) {
    const start = startCloud[provider];
    if (!start) throw new Error(`no fake of ${provider}`);
    const cloud = await start();
    clouds[name] = cloud;
    env[`IMGCTL_PROFILE_${name.toUpperCase()}_PROVIDER`] = provider;
    for (const [field, value] of Object.entries(cloud.values)) env[fieldVariable(name, field)] = value;
  }
  return {
    home,
    clouds,
    env,
    cloud(profile) {
      const found = clouds[profile];
      if (!found) throw new Error(`no cloud ${profile}`);
      return found;
    },
    async run(...args) {
      const since = performance.now();
      const result = await home.run(args, { env });
      return { ...result, ms: performance.now() - since };
    },
    file(name, data) {
      const file = path.join(home.folder, name);
      writeFileSync(file, data);
      return file;
    },
    read(name) {
      try {
        return readFileSync(path.join(home.folder, name));
      } catch {
        return undefined;
      }
    },
    async stop() {
      await Promise.all(Object.values(clouds).map((cloud) => cloud.stop()));
      await home.remove();
    },
  };
}
