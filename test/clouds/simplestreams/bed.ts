import { bedOf, seedData, type BedCloud, type Identities, type Wire } from '../bed-cloud.ts';
import { startSimplestreams } from './index.ts';

/** The fake behind a proxy on which everything can go wrong. What the proxy changes would have another tag: there are none. */
export async function simplestreamsBed(identity?: Identities): Promise<BedCloud> {
  const cloud = await startSimplestreams({ tags: false });
  const own: Parameters<typeof bedOf>[1] = {
    provider: 'simplestreams',
    origins: [cloud.origin],
    isRecord: (value) => typeof value.pubname === 'string' && 'ftype' in value,
    inFields,
    seed: async (name) => (await cloud.seed([{ name, data: seedData }]))[0] ?? '',
    held: () =>
      [...cloud.images.values()].map(({ id, item, data }) => ({
        id,
        name: String(item.pubname),
        status: 'active',
        active: true,
        data,
      })),
  };
  const bed = await bedOf(cloud, own, identity);
  let times = 0;
  return {
    ...bed,
    retell(change) {
      // An index says when what it names was changed: as long as that is the same, nobody asks for it again.
      cloud.products.updated = new Date(Date.UTC(2026, 0, 3) + (times += 1) * 60_000).toUTCString();
      bed.retell(change);
    },
  };
}

/** The name of an image is its `pubname`. */
const inFields =
  (change: (record: Wire) => Wire) =>
  (record: Wire): Wire => {
    const { name, ...rest } = change({ ...record, name: record.pubname });
    return name === record.pubname ? rest : { ...rest, pubname: name };
  };
