import { bedOf, type BedCloud, type Identities, type Wire } from '../bed-cloud.ts';
import { seedDisk } from './seed-disk.ts';
import { startIncus } from './index.ts';

/** The fake behind a proxy on which everything can go wrong. */
export async function incusBed(identity?: Identities): Promise<BedCloud> {
  const cloud = await startIncus();
  const { images } = cloud;
  const own: Parameters<typeof bedOf>[1] = {
    provider: 'incus',
    origins: [cloud.origin],
    isRecord: (value) => typeof value.fingerprint === 'string' && 'aliases' in value,
    inFields,
    seed: async (name) => {
      const [id = ''] = await cloud.seed([{ name, data: seedDisk }]);
      cloud.instances.push({
        name: `made-from-${name}`,
        status: 'Stopped',
        project: 'default',
        config: { 'volatile.base_image': id },
      });
      return id;
    },
    held: () =>
      [...images.byId.values()].map(({ fingerprint, disk, properties }) => ({
        id: fingerprint,
        name: [...images.aliases].find(([, { target }]) => target === fingerprint)?.[0] ?? properties.name ?? '',
        status: 'available',
        active: true,
        data: disk,
      })),
  };
  return bedOf(cloud, own, identity);
}

/** The name of an image is an alias, its description a property. */
const inFields =
  (change: (record: Wire) => Wire) =>
  (record: Wire): Wire => {
    const [alias] = record.aliases as readonly { name: string }[];
    const { description } = record.properties as Wire;
    const { name, description: told, ...rest } = change({ ...record, name: alias?.name, description });
    return {
      ...rest,
      ...(name === alias?.name ? {} : { aliases: [{ name, description: '' }] }),
      ...(told === description ? {} : { properties: { ...(record.properties as Wire), description: told } }),
    };
  };
