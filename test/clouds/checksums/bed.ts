import type { BedCloud, Identities, Wire } from '../bed-cloud.ts';
import { filesBed } from '../file-server.ts';
import { startChecksums } from './index.ts';

export const checksumsBed = async (identity?: Identities): Promise<BedCloud> =>
  filesBed(
    await startChecksums({ sums: 'images.json', tags: false }),
    { provider: 'checksums', isRecord: (value) => value.kind === 'Upload' && 'metadata' in value, inFields },
    identity,
  );

/** The name of an image is that of its file. */
const inFields =
  (change: (record: Wire) => Wire) =>
  (record: Wire): Wire => {
    const { ref } = record.data as { readonly ref: string };
    const before = ref.replace(/\.img$/, '');
    const { name, ...rest } = change({ ...record, name: before });
    return name === before ? rest : { ...rest, data: { ref: `${String(name)}.img` } };
  };
