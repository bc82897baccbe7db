import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { bedOf, seedData, type BedCloud, type Identities, type Wire } from '../bed-cloud.ts';
import { library, startOci } from './index.ts';
import { plant, types } from './seeds.ts';
import { keepBlob, keepManifest } from './store.ts';
import type { Switches } from './switches.ts';

interface Layer {
  readonly digest: string;
  readonly mediaType: string;
}
interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly Layer[];
}
/** The list of a disk's blocks, as it is written. */
interface Blocks {
  readonly bytes: number;
  readonly blocks: readonly { readonly offset: number; readonly blob: string }[];
}
/** As `documents` of the fake has it, and as anybody may read it. */
interface SeedRecord {
  readonly name: string;
  readonly status: string;
}

function unpacked(type: string, data: Buffer): Buffer {
  if (type.endsWith('+zstd')) return zstdDecompressSync(data);
  return type.endsWith('+gzip') ? gunzipSync(data) : data;
}

/** The disk of an image, put together where it lies in blocks; absent where one of them is missing. `blobs`: those of its store, by digest. */
export function diskOf(
  { layers: [first, ...others] }: Pick<Manifest, 'layers'>,
  blobs: { get(digest: string): Buffer | undefined },
): Buffer | undefined {
  const stored = blobs.get(first?.digest ?? '');
  if (!stored || !first?.mediaType.endsWith('.blocks.v1+json')) return stored;
  const { bytes, blocks } = JSON.parse(stored.toString()) as Blocks;
  const disk = Buffer.alloc(bytes);
  for (const { offset, blob } of blocks) {
    const data = blobs.get(blob);
    const type = others.find(({ digest }) => digest === blob)?.mediaType;
    if (!data || !type) return undefined;
    disk.set(unpacked(type, data), offset);
  }
  return disk;
}

export async function ociBed(
  switches: Partial<Switches>,
  more: Readonly<{ chunkSize?: string }>,
  identity?: Identities,
): Promise<BedCloud> {
  const cloud = await startOci(switches);
  const home = cloud.store.of(library);
  /** The digests that tags led to before anything was retold. */
  const told = new Map<string, string>();
  const manifestOf = (digest: string): Manifest => JSON.parse(home.manifests.get(digest)?.data.toString() ?? '{}') as Manifest;
  const recordOf = ({ config }: Manifest): string => home.blobs.get(config.digest)?.toString() ?? '{}';
  const own: Parameters<typeof bedOf>[1] = {
    provider: 'oci',
    origins: [cloud.origin],
    values: (proxy) => ({ ...cloud.values, registry: proxy.of(cloud.origin), ...more }),
    async seed(name, state = 'active') {
      const seed = { name, status: state === 'queued' || state === 'inactive' ? state : 'active', data: seedData } as const;
      const id = cloud.plant(seed);
      if (state === 'two places') plant(cloud.store.of('images/second'), seed, id);
      return id;
    },
    held: () =>
      [...home.tags].flatMap(([id, digest]) => {
        const manifest = manifestOf(digest);
        const { name, status } = JSON.parse(recordOf(manifest)) as SeedRecord;
        const data = diskOf(manifest, home.blobs);
        const places = [...cloud.store.repositories].filter(([, { tags }]) => tags.get(id) === digest).map(([place]) => place);
        return [{ id, name, status, active: status === 'active', places, ...(data ? { data } : {}) }];
      }),
    // What is named by its digest cannot be changed on the way: the registry is given other records to keep.
    retell(change: (record: Wire) => Wire) {
      for (const [id, digest] of home.tags) {
        if (!told.has(id)) told.set(id, digest);
        const manifest = manifestOf(told.get(id) ?? digest);
        const record = Buffer.from(JSON.stringify(change(JSON.parse(recordOf(manifest)) as Wire)));
        const config = { ...manifest.config, digest: keepBlob(home, record), size: record.length };
        keepManifest(home, id, types.manifest, Buffer.from(JSON.stringify({ ...manifest, config })));
      }
    },
  };
  return bedOf(cloud, own, identity);
}
