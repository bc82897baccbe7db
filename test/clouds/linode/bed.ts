import { bedOf, seedData, type BedCloud, type Identities } from '../bed-cloud.ts';
import { startLinode } from './index.ts';

export async function linodeBed(identity?: Identities): Promise<BedCloud> {
  const cloud = await startLinode({ listsPerMinute: 1_000_000, workMs: 5 });
  const { account } = cloud;
  const data = new Map<string, Buffer>();
  const take = account.take.bind(account);
  account.take = (image, bytes, region) => {
    data.set(image.id, bytes);
    take(image, bytes, region);
  };
  // Whoever looks for what was made since goes by the time.
  const add = account.addImage.bind(account);
  account.addImage = (said) => Object.assign(add(said), { created: new Date().toISOString().slice(0, 19) });
  const own: Parameters<typeof bedOf>[1] = {
    provider: 'linode',
    origins: [cloud.origin, cloud.store],
    isRecord: (value) => 'label' in value && 'regions' in value,
    async seed(name, state = 'active') {
      const [id = ''] = await cloud.seed([{ name, status: state === 'queued' ? 'queued' : 'active', data: seedData }]);
      const image = account.images.get(id);
      if (state === 'two places' && image) account.finish(image, 1, ['us-ord', 'us-iad']);
      return id;
    },
    held() {
      account.settle();
      return [...account.images.values()].map((image) => {
        const bytes = data.get(image.id);
        return {
          id: image.id,
          name: image.label,
          status: image.status,
          active: image.status === 'available',
          places: (image.regions ?? []).filter(({ status }) => status !== 'pending deletion').map(({ region }) => region),
          ...(bytes ? { data: bytes } : {}),
        };
      });
    },
  };
  return bedOf(cloud, own, identity);
}
