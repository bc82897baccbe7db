import type { BedCloud, Identities, Wire } from '../bed-cloud.ts';
import { filesBed } from '../file-server.ts';
import { startCoreosStream } from './index.ts';

export const coreosStreamBed = async (identity?: Identities): Promise<BedCloud> =>
  filesBed(
    await startCoreosStream({ tags: false }),
    {
      provider: 'coreos-stream',
      isRecord: (value) => typeof value.location === 'string' && String(value.location).includes('/builds/'),
      inFields,
    },
    identity,
  );

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
