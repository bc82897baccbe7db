import { bedOf, friend, seedData, type BedCloud, type Identities } from '../bed-cloud.ts';
import { startOpenstack } from './index.ts';
import { projects, users } from './keystone.ts';

const ourProject = (user: string): string => projects[users[user]?.project ?? ''] ?? '';

/** As this user sees it. */
export async function openstackBed(user: string, identity?: Identities): Promise<BedCloud> {
  const cloud = await startOpenstack(user);
  const { images } = cloud.one.store;
  const own: Parameters<typeof bedOf>[1] = {
    provider: 'openstack',
    origins: [cloud.origin],
    isRecord: (value) => 'disk_format' in value && 'os_hidden' in value,
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
  };
  return bedOf(cloud, own, identity);
}
