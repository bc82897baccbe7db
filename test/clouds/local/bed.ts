import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FaultProxy } from '../../support/fault-proxy.ts';
import { seedData, type BedCloud, type Wire } from '../bed-cloud.ts';
import { diskOf } from '../oci/bed.ts';
import { localCloud } from './index.ts';

/** Nothing goes over a wire: there is nothing to be seen on it, and nothing to go wrong. */
const noWire: FaultProxy = {
  of: (target) => target,
  translate: (text) => text,
  plan: () => undefined,
  seen: () => [],
  isIdle: () => true,
  connections: () => 0,
  forget: () => undefined,
  stop: async () => undefined,
};

interface Entry {
  readonly digest: string;
  readonly size: number;
}

interface Named extends Entry {
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Layer extends Entry {
  readonly mediaType: string;
}

export async function localBed(): Promise<BedCloud> {
  const fake = await localCloud.start();
  const folder = fake.values.path ?? '';
  const fileOf = ({ digest }: Entry): string => path.join(folder, 'blobs', ...digest.split(':'));
  const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
  const keep = <E extends Entry>(entry: E, content: object): E => {
    const bytes = Buffer.from(JSON.stringify(content));
    const kept = { ...entry, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length };
    writeFileSync(fileOf(kept), bytes);
    return kept;
  };
  const bytesOf = (digest: string): Buffer | undefined => {
    const file = path.join(folder, 'blobs', ...digest.split(':'));
    return existsSync(file) ? readFileSync(file) : undefined;
  };
  let told: readonly Entry[] | undefined;
  return {
    provider: 'local',
    values: fake.values,
    proxy: noWire,
    fake,
    async seed(name, state = 'active') {
      const status = state === 'inactive' || state === 'queued' ? state : 'active';
      return (await fake.seed([{ name, status, data: seedData }]))[0] ?? '';
    },
    held: () => {
      const index = path.join(folder, 'index.json');
      // A folder that nothing was ever put into.
      if (!existsSync(index)) return [];
      const { manifests } = read(index) as { readonly manifests: readonly Named[] };
      return manifests.flatMap((entry) => {
        const id = entry.annotations?.['org.opencontainers.image.ref.name'];
        if (id === undefined) return [];
        const manifest = read(fileOf(entry)) as { readonly config: Entry; readonly layers: readonly Layer[] };
        const { name, status } = read(fileOf(manifest.config)) as { readonly name: string; readonly status: string };
        const data = diskOf(manifest, { get: (digest) => bytesOf(digest) });
        return [{ id, name, status, active: status === 'active', ...(data ? { data } : {}) }];
      });
    },
    // As another program would write the folder: other records, and an index that leads to them.
    retell(change) {
      const file = path.join(folder, 'index.json');
      const index = read(file) as { readonly manifests: readonly Entry[] };
      told ??= index.manifests;
      const manifests = told.map((entry) => {
        const manifest = read(fileOf(entry)) as { readonly config: Entry };
        return keep(entry, { ...manifest, config: keep(manifest.config, change(read(fileOf(manifest.config)) as Wire)) });
      });
      writeFileSync(file, JSON.stringify({ ...index, manifests }));
    },
    stop: fake.stop,
  };
}
