import { bedOf, seedData, type BedCloud, type Identities, type Wire } from '../bed-cloud.ts';
import { startAws } from './index.ts';
import { account } from './store.ts';

const elsewhere = 'eu-west-1';

/** The fake behind a proxy on which everything can go wrong. */
export async function awsBed(identity?: Identities): Promise<BedCloud> {
  const cloud = await startAws();
  const { store } = cloud;
  const own: Parameters<typeof bedOf>[1] = {
    provider: 'aws',
    origins: [cloud.origin],
    retell: (change: (record: Wire) => Wire) => {
      cloud.retold = change;
    },
    async seed(name, state = 'active') {
      const known = state === 'inactive' || state === 'removed' ? state : 'active';
      const id = cloud.put({ name, status: known, data: seedData });
      store.instances.push({ id: 'i-0123456789abcdef0', image: id });
      if (state === 'shared') store.images.get(id)?.holders.add('444455556666');
      if (state === 'two places') {
        const copy = cloud.put({ name, data: seedData }, { region: elsewhere, source: { id, region: 'us-east-1' } });
        store.images.get(id)?.tags.set(`imgctl.place.${elsewhere}`, copy);
      }
      return id;
    },
    held: () =>
      [...store.images.values()]
        .filter(({ binnedAt, owner, source }) => !binnedAt && owner === account && !source)
        .map((image) => ({
          id: image.id,
          name: image.name,
          status: image.state,
          active: image.state === 'available',
          data: store.diskOf(image, Number(image.tags.get('imgctl.bytes') ?? '0')),
          places: [
            image.region,
            ...[...store.images.values()]
              .filter(({ source, binnedAt }) => source?.id === image.id && !binnedAt)
              .map(({ region }) => region),
          ],
          members: Object.fromEntries([...image.holders].map((holder) => [holder, 'accepted'])),
        })),
  };
  const bed = await bedOf(cloud, own, identity);
  cloud.hosts.push(new URL(bed.values.endpoint ?? '').host);
  return bed;
}
