import { bedOf, seedData, type BedCloud, type Identities, type Wire } from '../bed-cloud.ts';
import { startChecksums } from './index.ts';

/** The fake behind a proxy on which everything can go wrong. What the proxy changes would have another tag: there are none. */
export async function checksumsBed(identity?: Identities): Promise<BedCloud> {
  const cloud = await startChecksums({ sums: 'images.json', tags: false });
  const own: Parameters<typeof bedOf>[1] = {
    provider: 'checksums',
    origins: [cloud.origin],
    isRecord: (value) => value.kind === 'Upload' && 'metadata' in value,
    inFields,
    seed: async (name) => (await cloud.seed([{ name, data: seedData }]))[0] ?? '',
    held: () => [...cloud.images.values()].map((image) => ({ ...image, status: 'active', active: true })),
  };
  return bedOf(cloud, own, identity);
}

/** The name of an image is that of its file. */
const inFields =
  (change: (record: Wire) => Wire) =>
  (record: Wire): Wire => {
    const { ref } = record.data as { readonly ref: string };
    const before = ref.replace(/\.img$/, '');
    const { name, ...rest } = change({ ...record, name: before });
    return name === before ? rest : { ...rest, data: { ref: `${String(name)}.img` } };
  };
