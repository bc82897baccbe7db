import type { BlockFacts, BlockForm, BlockRequest } from '../../core/blocks.ts';
import { ImgctlError, limitError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, Operation, UploadRequest } from '../../core/operation.ts';
import { accepts } from '../_oci/accepts.ts';
import { checkFillable, diskLayers, filledRecord, type FilledDisk } from '../_oci/disk-record.ts';
import { goesInLayers, layoutExtra } from '../_oci/layer-cut.ts';
import { recordFields } from '../_oci/record-revision.ts';
import { documentsOf } from '../_oci/image-documents.ts';
import { imageType } from '../_oci/media-types.ts';
import { holdsBlob } from './blobs.ts';
import { beginChunks, chunks, resumeChunks, type Finish } from './chunks.ts';
import type { OciClient } from './client.ts';
import { recordFrom } from './record.ts';
import { find } from './find.ts';
import { adopt, checkFree, write } from './images.ts';
import { newTag } from './new-tag.ts';
import { removeReplaced, replacedUnder, type Replaced } from './replaced.ts';
import type { Found } from './tagged.ts';
import { bringParts } from './bring-parts.ts';
import { bringRelated } from './related.ts';
import { beginLayers, layers } from './layers.ts';
import { mountFromPlaces, mountHandedOver } from './mount.ts';
import { knownOf, pushDisk } from './push-disk.ts';
import type { Pushed } from './disk.ts';
import { artifactExtra, checkContainerDisk, writeContainerDisk } from './write-container-disk.ts';

/** The image that a disk is to become: its id, and what is there of it, to be filled or to go. */
interface Target {
  readonly id: string;
  readonly queued?: Found | undefined;
  readonly replaced?: Replaced | undefined;
}

async function targetOf(client: OciClient, request: BlockRequest, call: Call): Promise<Target> {
  if (request.into !== undefined) {
    const queued = await find(client.home, request.into, call);
    checkFillable(queued, request.content.encoding);
    return { id: request.into, queued };
  }
  const id = request.id ?? (await newTag(client, request, call));
  const replaced = id === request.replaces ? await replacedUnder(client, id, call) : undefined;
  if (!replaced) {
    await checkFree(client.home, id, call);
    call.note({ kind: 'intended', id });
  }
  return { id, replaced };
}

/** As `enterDisk`. Where the registry lets no tag move, the new image stands beside the one that it replaces, under a tag of its own. */
async function enterInPlace(client: OciClient, request: BlockRequest, at: Target, disk: FilledDisk, call: Call): Promise<Found> {
  try {
    return await enterDisk(client, request, at, disk, call);
  } catch (error) {
    if (!at.replaced || !(error instanceof ImgctlError) || error.code !== 'UNSUPPORTED') throw error;
    const id = await newTag(client, { description: request.description }, call);
    call.note({ kind: 'intended', id });
    return enterDisk(client, request, { id }, disk, call);
  }
}

/** Enters a disk that lies in the repository: as the image that it is elsewhere, or with the next revision of a record. */
async function enterDisk(client: OciClient, request: BlockRequest, at: Target, disk: FilledDisk, call: Call): Promise<Found> {
  const { home, tagsByName } = client;
  const documents = documentsOf(request, disk);
  // Under its own tag where nobody knows it by a name.
  const id = tagsByName ? at.id : documents?.id;
  const before = at.replaced?.found;
  const adopted =
    documents && id !== undefined && (await adopt(home, { ...documents, id }, id === at.id ? before : undefined, call));
  if (adopted && request.original) await bringRelated(client, { ...request, original: request.original }, call);
  if (adopted) return adopted;
  const filled = { ...disk, contentId: await request.contentId?.() };
  const json = filledRecord(at.id, at.queued?.json, request.description, filled, new Date().toISOString());
  return write(home, { id: at.id, json, data: diskLayers(json, filled), before: at.queued ?? before }, call);
}

/** Makes the image of a disk that lies in the repository. */
async function finish(client: OciClient, request: BlockRequest, target: Target, disk: Pushed, call: Call): Promise<ImageRecord> {
  const { encoding, virtualBytes } = request.content;
  const found = await enterInPlace(client, request, target, { encoding, virtualBytes, ...disk }, call);
  call.note({ kind: 'created', id: found.id });
  if (target.replaced && found.id === target.id) await removeReplaced(client, target.replaced, found, call);
  return recordFrom(client, found, []);
}

/** The same as KubeVirt has it. */
async function finishContainerDisk(
  client: OciClient,
  request: UploadRequest,
  { id, replaced }: Target,
  call: Call,
): Promise<ImageRecord> {
  const { digest, image } = await writeContainerDisk(client, request, { id, before: replaced?.found.digest }, call);
  call.note({ kind: 'created', id });
  if (replaced) await removeReplaced(client, replaced, { digest }, call);
  return image;
}

/** The disk, where the repository has it already, or gets it by a mount from where the registry has it elsewhere. */
async function diskThere(client: OciClient, { content }: BlockRequest, call: Call): Promise<Pushed | undefined> {
  const known = knownOf(content);
  if (!known) return undefined;
  const isThere = (await mountFromPlaces(client, known, call)) || (await holdsBlob(client.home, known.digest, known.size, call));
  return isThere ? known : undefined;
}

/** How a content is cut that goes in blocks at once. */
function inBlocks(client: OciClient, request: BlockForm): BlockFacts | undefined {
  if (request.handover || request.inParts || request.extras.artifact) return undefined;
  if (goesInLayers(client.layout, request)) return layers;
  return client.chunkBytes === undefined ? undefined : chunks;
}

/** The disk into the repository, in one request where it has to be sent. */
async function bringDisk(client: OciClient, request: UploadRequest, call: Call): Promise<Pushed> {
  if (request.inParts) return bringParts(client, request, call);
  if (request.handover) return mountHandedOver(client, request.handover, call);
  return (await diskThere(client, request, call)) ?? pushDisk(client.home, request.content, call);
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
  originals: imageType,
  verifies: true,
  extras: { layout: layoutExtra, artifact: artifactExtra },
  blocks: chunks,
  inBlocks,
  async run(client, request, call) {
    if (request.extras.artifact) checkContainerDisk(request);
    const target = await targetOf(client, request, call);
    if (request.extras.artifact) return finishContainerDisk(client, request, target, call);
    return finish(client, request, target, await bringDisk(client, request, call), call);
  },
  async begin(client, request, call) {
    if (request.extras.artifact)
      throw limitError('a container disk is sent in one request, and that is too much for the registry');
    const target = await targetOf(client, request, call);
    const done: Finish<ImageRecord> = (disk, within) => finish(client, request, target, disk, within);
    if (goesInLayers(client.layout, request)) return beginLayers(client, request.content, done, call);
    const there = await diskThere(client, request, call);
    if (there) return finish(client, request, target, there, call);
    return beginChunks(client, request.content, done, call);
  },
  async resume(client, ref, request, call) {
    const target = await targetOf(client, request, call);
    const done: Finish<ImageRecord> = (disk, within) => finish(client, request, target, disk, within);
    // Whatever another run has put there is found block by block.
    if (goesInLayers(client.layout, request)) return beginLayers(client, request.content, done, call);
    return resumeChunks(client, ref, request.content, done, call);
  },
};
