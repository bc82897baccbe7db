import { conflictError } from '../../core/errors.ts';
import { fillingOf } from '../../core/hint.ts';
import type { Call, Download, Operation, OriginalParts } from '../../core/operation.ts';
import { blockListOf, diskInBlocks } from '../_oci/block-list.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { encodingOf } from '../_oci/media-types.ts';
import { originalOf } from '../_oci/image-documents.ts';
import { readBlob, readText } from './blobs.ts';
import { handoverOf } from './mount.ts';
import type { OciClient } from './client.ts';
import { notDisk } from './foreign.ts';
import { findAny } from './find.ts';
import { relatedTo } from './related.ts';
import type { Repository } from './repository.ts';
import { isOurs, type Found } from './tagged.ts';

/** A disk as it lies in the repository. */
const stored = ({ home }: OciClient, disk: Descriptor, call: Call): Download => ({
  bytes: disk.size,
  digests: { sha256: disk.digest.slice('sha256:'.length) },
  handover: handoverOf(home, disk),
  open: (from = 0, to = disk.size - 1) => readBlob(home, disk, from, to, call),
});

/** What lies beside a manifest in its repository. */
const partsOf = (home: Repository, digest: string, call: Call): OriginalParts => ({
  open: (blob) => readBlob(home, blob, 0, blob.size - 1, call),
  related: (within) => relatedTo(home, digest, within),
});

/** A disk that lies in blocks: what is given is the disk, each block of it proved. */
async function layeredDownload(
  { home, readBlocks }: OciClient,
  { id, digest, text, recordText, disk, blocks }: Found & { readonly disk: Descriptor; readonly blocks: readonly Descriptor[] },
  call: Call,
): Promise<Download> {
  const list = blockListOf(await readText(home, disk.digest, call), `${home.shown}:${id}`);
  const stored = diskInBlocks(list, blocks, (blob, into) => readBlob(home, blob, 0, blob.size - 1, call, into));
  return {
    encoding: { format: 'raw' },
    bytes: stored.bytes,
    verifiedBy: 'blocks-sha256',
    handover: handoverOf(home, disk),
    original: originalOf(id, text, recordText, partsOf(home, digest, call)),
    inParts: true,
    open: (from = 0, to = stored.bytes - 1) => readBlocks(stored, from, to, call),
  };
}

export const download: Operation<OciClient, 'download'> = {
  ranges: true,
  async run(client, { id }, call) {
    const found = await findAny(client.home, id, call);
    if (!isOurs(found)) {
      // What is in it is seen by its content.
      if (found.disk) return stored(client, found.disk, call);
      throw notDisk(client.home, found);
    }
    const { manifest, record, text, recordText } = found;
    const { disk } = manifest;
    if (!disk)
      throw conflictError(`image ${id} is ${record.status} (no data uploaded yet)`, {
        hint: 'Upload its data with:',
        next: [fillingOf(id)],
      });
    if (record.status === 'inactive')
      throw conflictError(`image ${id} is inactive: its data cannot be used`, {
        hint: 'Reactivate it in the store that it was copied from, and copy it again.',
      });
    const encoding = encodingOf(disk.mediaType);
    if (manifest.blocks) return layeredDownload(client, { ...found, disk, blocks: manifest.blocks }, call);
    return {
      ...stored(client, disk, call),
      ...(encoding ? { encoding } : {}),
      original: originalOf(id, text, recordText, partsOf(client.home, found.digest, call)),
    };
  },
};
