import { bedOf, seedData, type BedCloud, type Identities } from '../bed-cloud.ts';
import { startAcme } from './index.ts';

/** The fake behind a proxy on which everything can go wrong. */
export async function acmeBed(identity?: Identities): Promise<BedCloud> {
  const cloud = await startAcme();
  const own: Parameters<typeof bedOf>[1] = {
    provider: 'acme',
    origins: [cloud.origin],
    isRecord: (value) => typeof value.id === 'string' && 'state' in value,
    async seed(name, state = 'active') {
      const status = state === 'inactive' || state === 'queued' ? state : 'active';
      return (await cloud.seed([{ name, status, data: seedData }]))[0] ?? '';
    },
    held: () =>
      [...cloud.images.values()].map(({ id, name, state }) => ({
        id: String(id),
        name: String(name),
        status: String(state),
        active: state === 'available',
      })),
  };
  return bedOf(cloud, own, identity);
}
