import { randomUUID } from 'node:crypto';
import { formats, type Accept } from '../../core/encoding.ts';
import type { Call, Operation, UploadRequest } from '../../core/operation.ts';
import { checkFillable, filledRecord } from '../_oci/filled.ts';
import { diskDescriptor } from '../_oci/manifest.ts';
import { diskType } from '../_oci/media-types.ts';
import { recordFields } from '../_oci/next-record.ts';
import { recordOf } from '../_oci/record.ts';
import type { OciClient } from './client.ts';
import { shown } from './copies.ts';
import { checkFree, find, write, type Found } from './images.ts';
import { pushDisk } from './push-disk.ts';

const wrapped: readonly Accept[] = [
  { format: 'raw', compression: 'gzip' },
  { format: 'raw', compression: 'zstd' },
];
const bare: readonly Accept[] = formats.filter((format) => format !== 'qcow2').map((format) => ({ format }));

/** The image to be filled; absent: a new one, whose id is free. */
async function before(client: OciClient, request: UploadRequest, id: string, call: Call): Promise<Found | undefined> {
  if (request.into === undefined) return void (await checkFree(client.home, id, call));
  const found = await find(client.home, id, call);
  checkFillable(found, request.content.encoding);
  return found;
}

/**
 * The disk first, then record and manifest: nobody sees an image before it is whole. The manifest follows the disk at
 * once, for the registry's own clean-up takes away what no manifest names.
 */
export const upload: Operation<OciClient, 'upload'> = {
  accepts: [{ format: 'qcow2' }, ...bare, ...wrapped],
  fields: recordFields,
  ownId: true,
  into: true,
  digests: ['sha256'],
  knowsByDigest: true,
  async run(client, request, call) {
    const { home, chunkBytes } = client;
    const { encoding, virtualBytes } = request.content;
    const id = request.into ?? request.id ?? randomUUID();
    const queued = await before(client, request, id, call);
    const blob = await pushDisk(home, request.content, chunkBytes, call);
    const json = filledRecord(
      id,
      queued?.json,
      request.description,
      { encoding, virtualBytes, ...blob },
      new Date().toISOString(),
    );
    const title = `${recordOf(json).name}.${encoding.format}`;
    const disk = diskDescriptor(diskType(encoding), blob.digest, blob.size, title);
    const found = await write(home, { id, json, disk, before: queued }, call);
    call.note({ kind: 'created', id });
    return shown(client, found, []);
  },
};
