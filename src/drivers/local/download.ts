import type { StoredDisk } from '../../core/blocks.ts';
import { conflictError } from '../../core/errors.ts';
import type { Extent } from '../../core/extent.ts';
import { given } from '../../core/image.ts';
import type { Bytes } from '../../core/http.ts';
import type { Call, Download, Operation, OriginalParts } from '../../core/operation.ts';
import { blockListOf, diskInBlocks } from '../_oci/block-list.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { encodingOf } from '../_oci/media-types.ts';
import { originalOf } from '../_oci/image-documents.ts';
import { blobPath, readBlob, readDocument } from './blobs.ts';
import { find, type Found } from './images.ts';
import type { LocalClient } from './client.ts';
import { noData } from './errors.ts';
import { handoverOf } from './server-side-copy.ts';
import { storedDisk, type Stored } from './stored-disk.ts';

/** What the image is handed on with to another store of this format; nothing where a document is gone by now. */
async function documentsOf(
  { home }: LocalClient,
  { id, entry, manifest }: Found,
  parts?: OriginalParts,
): Promise<Pick<Download, 'original'>> {
  const [text, record] = [await readDocument(home, entry), await readDocument(home, manifest.record)];
  return text === undefined || record === undefined ? {} : { original: originalOf(id, text, record, parts) };
}

/** A disk that lies in blocks: what is given is the disk, each block of it proved. */
async function layeredDownload(
  client: LocalClient,
  { found, disk, file, blocks }: Stored & { readonly found: Found; readonly blocks: readonly Descriptor[] },
  call: Call,
): Promise<Download> {
  const { home, readBlocks } = client;
  const list = blockListOf((await readDocument(home, disk)) ?? '', found.id);
  const open = ({ digest, size }: Pick<Descriptor, 'digest' | 'size'>): Bytes =>
    readBlob(blobPath(home, digest) ?? '', 0, size - 1, call.signal);
  const stored = diskInBlocks(list, blocks, open);
  return {
    encoding: { format: 'raw' },
    bytes: stored.bytes,
    verifiedBy: 'blocks-sha256',
    ...given({ handover: handoverOf({ file, disk, virtualBytes: stored.bytes, layered: { blocks, bytes: stored.bytes } }) }),
    ...(await documentsOf(client, found, { open, related: async () => [] })),
    inParts: true,
    extents: () => extentsOf(stored),
    open: (from = 0, to = stored.bytes - 1) => readBlocks(stored, from, to, call),
  };
}

async function* extentsOf({ blocks }: StoredDisk): AsyncGenerator<Extent, void, undefined> {
  for (const { offset, length } of blocks) yield { offset, length };
}

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
    const { blocks } = manifest;
    if (blocks) return layeredDownload(client, { found, disk, file, blocks }, call);
    const encoding = encodingOf(disk.mediaType);
    const handover = handoverOf({ file, disk, virtualBytes: record.virtualBytes });
    return {
      bytes: disk.size,
      digests: { sha256: disk.digest.slice('sha256:'.length) },
      ...(encoding ? { encoding } : {}),
      ...(handover ? { handover } : {}),
      ...(await documentsOf(client, found)),
      open: (from = 0, to = disk.size - 1) => readBlob(file, from, Math.min(to, disk.size - 1), call.signal),
    };
  },
};
