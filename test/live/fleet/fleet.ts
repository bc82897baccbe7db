import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { profileVariables } from '../../commands/stage.ts';
import { guestDisk, qcow2Image } from '../../support/disk-images.ts';
import { startFakeServer, type FakeServer } from '../../support/fake-server.ts';
import { cliHome, type CliHome, type CliResult } from '../../support/run-cli.ts';
import { servedFile } from '../../support/served-file.ts';
import { sayNotRun } from '../daemon.ts';
import { hasOfficialClients, lab, type Lab } from '../incus/lab.ts';
import { missing as noIncus } from '../incus/server.ts';
import { rawGlance, valuesFor, type Raw } from '../real-cloud.ts';
import { hasSkopeo, missing as noRegistry, startRegistry, type Registry } from '../registry/bed.ts';
import { startCable, type Cable } from '../registry/cable.ts';
import { valuesFor as registryValues } from '../registry/cloud.ts';
import { bed, missing as noGlance } from '../site.ts';
import { ofFolder, ofGlance, ofIncus, ofRegistry, type Look, type Seen } from './official.ts';

/** Why not all of the services can be had; absent: they can. */
export const missing =
  noGlance ??
  noRegistry ??
  noIncus ??
  (hasOfficialClients ? undefined : 'the client of Incus is not there: .ci/instance-servers') ??
  (hasSkopeo ? undefined : 'there is no program skopeo: .ci/tools');
if (missing !== undefined) sayNotRun('ALL SERVICES AT ONCE', missing);

/** Profiles: a Glance of two regions, a registry, an Incus, and a folder. */
export const targets = ['glancea', 'glanceb', 'registry', 'incus', 'folder'] as const;
export type Target = (typeof targets)[number];

/** Bytes of a disk that is published. */
export const diskBytes = 2 << 20;

/** All services at once, each behind a cable that counts what is sent to it, and a publisher. */
export interface Fleet {
  run(...args: readonly string[]): Promise<CliResult>;
  /** As `run`, with its output as JSON; it must end with 0. */
  ok(...args: readonly string[]): Promise<unknown>;
  write(name: string, text: string): string;
  /** Publishes another disk under the name, with a newer serial, which is given. */
  publish(name: string): Promise<string>;
  /** How often a disk was fetched from the publisher. */
  fetched(): number;
  /** What has gone to each service over the network since it was last asked. */
  sent(): Readonly<Partial<Record<Target, number>>>;
  /** Images of a name in a service, as somebody else's client sees them. */
  seen(target: Target, name: string): Promise<readonly Seen[]>;
  readonly incus: Lab;
  /** A request to Glance without the driver. */
  glance(target: 'glancea' | 'glanceb'): Raw;
  registry(): Registry;
}

/** Call at the top of a group: the services are there for all of its tests. */
export function fleet(): Fleet {
  const incus = lab(['incus']);
  let home: CliHome;
  let registry: Registry;
  let publisher: FakeServer;
  const cables = new Map<Target, Cable>();
  const glances = new Map<Target, Raw>();
  let env: Readonly<Record<string, string>>;
  let looks: Readonly<Record<Target, Look>>;
  const tree = (at = ''): string => path.join(home.folder, 'tree', at);

  beforeAll(async () => {
    home = cliHome();
    registry = await startRegistry();
    publisher = await startFakeServer(({ url, headers }) => {
      const file = tree(decodeURIComponent(url.pathname));
      return existsSync(file) && statSync(file).isFile() ? servedFile(readFileSync(file), headers) : { status: 404 };
    });
    const cable = async (target: Target, host: string): Promise<string> => {
      const laid = await startCable(host);
      cables.set(target, laid);
      return laid.host;
    };
    const glance = async (target: Target, region: string): Promise<Readonly<Record<string, string>>> => {
      glances.set(target, await rawGlance(bed, 'demo', region));
      const host = await cable(target, new URL(bed.glance[region] ?? '').host);
      return profileVariables(target, 'openstack', { ...valuesFor(bed, 'demo', region), imageEndpoint: `http://${host}` });
    };
    const store = path.join(home.folder, 'store');
    env = {
      ...profileVariables('publisher', 'simplestreams', { url: publisher.origin, verify: 'checksum' }),
      ...(await glance('glancea', 'RegionOne')),
      ...(await glance('glanceb', 'RegionTwo')),
      ...profileVariables('registry', 'oci', registryValues({ host: await cable('registry', registry.host) })),
      ...incus.env(),
      IMGCTL_PROFILE_INCUS_URL: `https://${await cable('incus', new URL(incus.server('incus').url).host)}`,
      ...profileVariables('folder', 'local', { path: store }),
    };
    looks = {
      glancea: ofGlance(self.glance('glancea')),
      glanceb: ofGlance(self.glance('glanceb')),
      registry: ofRegistry(registry),
      incus: ofIncus(incus),
      folder: ofFolder(store),
    };
  });
  afterAll(async () => {
    await Promise.all([...cables.values()].map((one) => one.stop()));
    await publisher.stop();
    await registry.stop();
    await home.remove();
  });

  const run: Fleet['run'] = (...args) => home.run(args, { env });
  let published = 0;
  const self: Fleet = {
    run,
    async ok(...args) {
      const result = await run(...args, '-o', 'json');
      expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
      return result.json();
    },
    write(name, text) {
      const file = path.join(home.folder, name);
      writeFileSync(file, text);
      return file;
    },
    async publish(name) {
      const file = path.join(home.folder, 'disk.qcow2');
      writeFileSync(file, qcow2Image(guestDisk(diskBytes, (published += 1))));
      await self.ok('upload', file, '--name', `local:${name}`, '--if-exists', 'replace', '--yes');
      const rows = (await self.ok('publish', 'simplestreams', tree(), `local:${name}`)) as readonly { serial: string }[];
      return rows[0]?.serial ?? '';
    },
    fetched: () => publisher.requests().filter(({ method, path: at }) => method === 'GET' && at.includes('/disk-')).length,
    sent() {
      const counts = [...cables].map(([target, cable]) => [target, cable.sent()] as const);
      for (const cable of cables.values()) cable.forget();
      return Object.fromEntries(counts);
    },
    seen: async (target, name) => (await looks[target]()).filter((one) => one.name === name || one.name.startsWith(`${name} `)),
    incus,
    glance(target) {
      const found = glances.get(target);
      if (!found) throw new Error(`no Glance ${target}`);
      return found;
    },
    registry: () => registry,
  };
  return self;
}
