import type { BlockFacts, BlockRequest } from '../../core/blocks.ts';
import { conflictError, notFoundError, unsupportedError, usageError } from '../../core/errors.ts';
import type { Accept } from '../../core/encoding.ts';
import type { Call, Operation } from '../../core/operation.ts';
import type { AwsClient } from './client.ts';
import { removeSnapshot } from './deregister.ts';
import { bootExtras, checkName, newFields, reserved, wireArchitecture } from './fields.ts';
import { ownOfSnapshot } from './images.ts';
import { parentOf } from './parent.ts';
import { gib } from './record.ts';
import { requireFreeName } from './register.ts';
import { fromRef, SnapshotUpload } from './snapshot-upload.ts';
import { blockBytes, readSnapshot, startSnapshot } from './snapshots.ts';
import { newTags } from './tags.ts';
import { textIn } from './xml.ts';

const largestGib = 65_536;
const accepted: Accept = { format: 'raw', maxVirtualBytes: largestGib * gib, needsLength: true };

/** What was never put reads as zeros, or where an image is built on as the same block of that one: then zeros are put too. */
const blocks: BlockFacts = { bytes: blockBytes, order: 'any', concurrency: 64, sparse: true, digest: 'sha256' };

function sizeOf({ content: { encoding, bytes }, extras }: BlockRequest): { readonly bytes: number; readonly gib: number } {
  if (encoding.format !== 'raw' || encoding.compression !== undefined) throw unsupportedError('AWS takes raw disks only');
  if (bytes === undefined) throw usageError('AWS requires the length of a disk in advance');
  const wanted = typeof extras.volumeSize === 'number' ? extras.volumeSize : 0;
  return { bytes, gib: Math.max(1, Math.ceil(bytes / gib), wanted) };
}

/** What would be refused at the end is refused before anything is sent. */
async function checked(client: AwsClient, { description, extras, place }: BlockRequest, call: Call): Promise<string> {
  checkName(description.name);
  newTags(description);
  wireArchitecture(String(extras.architecture ?? description.architecture ?? 'x86_64'));
  const region = place ?? (await client.home(call));
  await requireFreeName(client, region, description.name, call);
  return region;
}

/** A snapshot block by block, and an image of it. https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html */
export const upload: Operation<AwsClient, 'upload'> = {
  accepts: [accepted],
  fields: [...newFields, 'visibility'],
  visibilities: ['public', 'private'],
  place: 'region',
  into: false,
  later: true,
  digests: [],
  verifies: true,
  reserved,
  extras: {
    ...bootExtras,
    volumeSize: { kind: 'number', help: 'GiB of the root volume; default: as large as the disk' },
    parent: { kind: 'text', help: 'id of an image or a snapshot that this one is built on: only blocks that differ are sent' },
    encrypted: { kind: 'flag', help: 'encrypt the snapshot; default: as the account says' },
    kmsKey: {
      kind: 'text',
      help: 'ARN of the key that it is encrypted with; default: kmsKeyId, then that of the account',
    },
  },
  blocks,
  inBlocks: (_client, { extras }) => (extras.parent === undefined ? blocks : { ...blocks, sparse: false }),

  async begin(client, request, call) {
    const size = sizeOf(request);
    const region = await checked(client, request, call);
    const { extras, description } = request;
    const parent = extras.parent === undefined ? undefined : await parentOf(client, region, String(extras.parent), call);
    const key = extras.kmsKey === undefined ? client.values.kmsKeyId : String(extras.kmsKey);
    if (parent && (extras.encrypted === true || extras.kmsKey !== undefined))
      throw usageError('parent and encryption cannot be combined: it is encrypted as the parent is');
    const wanted = {
      gib: Math.max(size.gib, parent?.gib ?? 0),
      description: `upload of ${description.name} by imgctl`.slice(0, 255),
      parent: parent?.snapshot,
      encrypted: !parent && (extras.encrypted === true || Boolean(key)),
      kmsKey: parent ? undefined : key || undefined,
    };
    const snapshot = await startSnapshot(client, region, wanted, call);
    return new SnapshotUpload(client, { request, snapshot, ...size, gib: wanted.gib, parent });
  },

  async resume(client, ref, request, call) {
    const size = sizeOf(request);
    const { snapshot, done } = fromRef(ref);
    const row = await readSnapshot(client, snapshot, call);
    // What it was built on is not known any more, and which of its blocks were left out.
    if (row && request.extras.parent !== undefined) await removeSnapshot(client, snapshot.region, snapshot.id, call);
    if (textIn(row?.status) !== 'pending' || request.extras.parent !== undefined)
      throw notFoundError(`snapshot ${snapshot.id} does not wait for blocks any more`);
    await requireFreeName(client, snapshot.region, request.description.name, call);
    const there = Number(textIn(row?.volumeSize) ?? size.gib);
    return new SnapshotUpload(client, { request, snapshot, ...size, gib: there, done });
  },

  async abandon(client, ref, call) {
    const { snapshot } = fromRef(ref);
    if (!(await readSnapshot(client, snapshot, call))) throw notFoundError(`snapshot ${snapshot.id} is not there any more`);
    const made = await ownOfSnapshot(client, snapshot.region, snapshot.id, call);
    if (made !== undefined)
      throw conflictError(`image ${made} was made of ${snapshot.id} and may be in use: it is kept`, {
        leftover: made,
        hint: 'Keep it, or delete it with:',
        next: [{ verb: 'delete', image: made }],
      });
    await removeSnapshot(client, snapshot.region, snapshot.id, call);
  },
};
