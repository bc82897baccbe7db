import { conflictError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { encodingOf } from '../_oci/media-types.ts';
import { originalOf } from '../_oci/original.ts';
import { readBlob } from './blobs.ts';
import { handoverOf } from './mount.ts';
import type { OciClient } from './client.ts';
import { find } from './images.ts';

export const download: Operation<OciClient, 'download'> = {
  ranges: true,
  async run(client, { id }, call) {
    const { manifest, record, text, recordText } = await find(client.home, id, call);
    const { disk } = manifest;
    if (!disk)
      throw conflictError(`image ${id} is ${record.status} (no data uploaded yet)`, {
        hint: `Upload it with: imgctl upload FILE --into ${id}`,
      });
    if (record.status === 'inactive')
      throw conflictError(`image ${id} is inactive: its data may not be used`, {
        hint: 'Reactivate it in the store that it was copied from, and copy it again.',
      });
    const encoding = encodingOf(disk.mediaType);
    return {
      bytes: disk.size,
      digests: { sha256: disk.digest.slice('sha256:'.length) },
      ...(encoding ? { encoding } : {}),
      handover: handoverOf(client.home, disk),
      original: originalOf(id, text, recordText),
      open: (from = 0, to = disk.size - 1) => readBlob(client.home, disk, from, to, call),
    };
  },
};
