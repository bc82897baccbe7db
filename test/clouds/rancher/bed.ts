import { bedOf, type BedCloud, type Identities } from '../bed-cloud.ts';
import { rancherCloud } from './index.ts';
import type { Version } from './versions.ts';

export async function rancherBed(version: Version, identity?: Identities): Promise<BedCloud> {
  const cloud = await rancherCloud({ version, transitionMs: 5, key: 'superadmin' }).start();
  const own: Parameters<typeof bedOf>[1] = {
    provider: 'rancher',
    origins: [cloud.origin],
    isRecord: (value) => value.type === 'image' && 'uuid' in value,
    async seed(name, state = 'active') {
      const status = state === 'inactive' || state === 'queued' || state === 'removed' ? state : 'active';
      const [id = ''] = await cloud.seed([{ name, status }]);
      return id;
    },
    held: () =>
      cloud.ids().map((id) => {
        const { name, state } = cloud.row(id);
        return { id, name: String(name), status: state, active: state === 'active' };
      }),
  };
  return bedOf(cloud, own, identity);
}
