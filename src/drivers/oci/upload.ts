import type { Call, Operation, UploadRequest } from '../../core/operation.ts';
import { accepts } from '../_oci/accepts.ts';
import { checkFillable, diskLayer, filledRecord, type FilledDisk } from '../_oci/disk-record.ts';
import { recordFields } from '../_oci/record-revision.ts';
import { documentsOf } from '../_oci/image-documents.ts';
import type { OciClient } from './client.ts';
import { recordFrom } from './record.ts';
import { adopt, checkFree, find, newId, write, type Found } from './images.ts';
import { mountFromPlaces, mountHandedOver } from './mount.ts';
import { pushDisk, type Pushed } from './push-disk.ts';

/** The image to be filled; absent: a new one, whose id is free. */
async function before(client: OciClient, request: UploadRequest, id: string, call: Call): Promise<Found | undefined> {
  if (request.into === undefined) return void (await checkFree(client.home, id, call));
  const found = await find(client.home, id, call);
  checkFillable(found, request.content.encoding);
  return found;
}

/** Enters a disk that lies in the repository: as the image that it is elsewhere, or with the next revision of a record. */
async function enterDisk(
  { home }: OciClient,
  request: UploadRequest,
  at: { readonly id: string; readonly queued: Found | undefined },
  disk: FilledDisk,
  call: Call,
): Promise<Found> {
  const documents = documentsOf(request, disk);
  const adopted = documents && (await adopt(home, documents, call));
  if (adopted) return adopted;
  const filled = { ...disk, contentId: await request.contentId?.() };
  const json = filledRecord(at.id, at.queued?.json, request.description, filled, new Date().toISOString());
  return write(home, { id: at.id, json, disk: diskLayer(json, filled), before: at.queued }, call);
}

/** The disk into the repository: by a mount where the registry has it elsewhere, else by sending it. */
async function bringDisk(client: OciClient, { content, handover }: UploadRequest, call: Call): Promise<Pushed> {
  if (handover) return mountHandedOver(client, handover, call);
  const { sha256, bytes: size } = content;
  const known = sha256 === undefined || size === undefined ? undefined : { digest: `sha256:${sha256}`, size };
  if (known && (await mountFromPlaces(client, known, call))) return known;
  return pushDisk(client.home, content, client.chunkBytes, call);
}

/**
 * The disk first, then record and manifest: nobody sees an image before it is whole. The manifest follows the disk at
 * once, for the registry's own clean-up takes away what no manifest names. It is written once, with all that is to be in it:
 * there are registries whose tags cannot move.
 */
export const upload: Operation<OciClient, 'upload'> = {
  accepts,
  fields: recordFields,
  ownId: true,
  into: true,
  digests: ['sha256'],
  knowsByDigest: true,
  appearsWhole: true,
  handover: 'mount',
  async run(client, request, call) {
    const { encoding, virtualBytes } = request.content;
    const id = request.into ?? request.id ?? (await newId(client, request.description.name, call));
    const queued = await before(client, request, id, call);
    if (!queued) call.note({ kind: 'intended', id });
    const blob = await bringDisk(client, request, call);
    const found = await enterDisk(client, request, { id, queued }, { encoding, virtualBytes, ...blob }, call);
    call.note({ kind: 'created', id: found.id });
    return recordFrom(client, found, []);
  },
};
