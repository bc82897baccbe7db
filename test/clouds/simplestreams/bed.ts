import type { BedCloud, Identities, Wire } from '../bed-cloud.ts';
import { filesBed } from '../file-server.ts';
import { startSimplestreams } from './index.ts';

export async function simplestreamsBed(identity?: Identities): Promise<BedCloud> {
  const cloud = await startSimplestreams({ tags: false });
  const isRecord = (value: Wire): boolean => typeof value.pubname === 'string' && 'ftype' in value;
  const bed = await filesBed(cloud, { provider: 'simplestreams', isRecord, inFields }, identity);
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
