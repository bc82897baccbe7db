import { bedOf, seedData, type BedCloud, type Identities, type Wire } from '../bed-cloud.ts';
import { startCoreosStream } from './index.ts';

/** The fake behind a proxy on which everything can go wrong. What the proxy changes would have another tag: there are none. */
export async function coreosStreamBed(identity?: Identities): Promise<BedCloud> {
  const cloud = await startCoreosStream({ tags: false });
  const own: Parameters<typeof bedOf>[1] = {
    provider: 'coreos-stream',
    origins: [cloud.origin],
    isRecord: (value) => typeof value.location === 'string' && String(value.location).includes('/builds/'),
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
    const [, folder = '', file = ''] = /^(.*\/)([^/]*)\.img$/.exec(String(record.location)) ?? [];
    const before = decodeURIComponent(file);
    const { name, ...rest } = change({ ...record, name: before });
    return name === before ? rest : { ...rest, location: `${folder}${encoded(String(name))}.img` };
  };

/** Half a character has no code: it stands as it is. */
const encoded = (text: string): string => (/\p{Surrogate}/u.test(text) ? text : encodeURIComponent(text));
