import { conflictError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import { encodingOf } from '../_oci/media-types.ts';
import { originalOf } from '../_oci/image-documents.ts';
import { readBlob, readDocument } from './blobs.ts';
import { find } from './images.ts';
import type { LocalClient } from './client.ts';
import { noData } from './errors.ts';
import { handoverOf } from './server-side-copy.ts';
import { storedDisk } from './stored-disk.ts';

export const download: Operation<LocalClient, 'download'> = {
  ranges: true,
  async run(client, { id }, call) {
    const found = await find(client.home, id);
    const { manifest, record } = found;
    if (!manifest.disk) throw noData(id, record.status);
    if (record.status !== 'active')
      throw conflictError(`image ${id} is ${record.status}: its data cannot be used`, {
        hint: 'Reactivate it with:',
        next: [{ verb: 'reactivate', image: id }],
      });
    const { disk, file } = await storedDisk(client.home, found);
    const encoding = encodingOf(disk.mediaType);
    const handover = handoverOf(file, disk, record.virtualBytes);
    const [text, recordText] = [await readDocument(client.home, found.entry), await readDocument(client.home, manifest.record)];
    return {
      bytes: disk.size,
      digests: { sha256: disk.digest.slice('sha256:'.length) },
      ...(encoding ? { encoding } : {}),
      ...(handover ? { handover } : {}),
      ...(text !== undefined && recordText !== undefined ? { original: originalOf(id, text, recordText) } : {}),
      open: (from = 0, to = disk.size - 1) => readBlob(file, from, Math.min(to, disk.size - 1), call.signal),
    };
  },
};
