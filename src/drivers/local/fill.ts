import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Encoding } from '../../core/encoding.ts';
import { conflictError, integrityError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, Description } from '../../core/operation.ts';
import { checkId } from '../_oci/ids.ts';
import { diskDescriptor } from '../_oci/manifest.ts';
import { diskType } from '../_oci/media-types.ts';
import { firstRecord, nextRecord } from '../_oci/next-record.ts';
import { recordOf } from '../_oci/record.ts';
import { holdsBlob, placeDraft, writeDraft, type Draft } from './blobs.ts';
import { checkFree, find, type Found } from './catalogue.ts';
import { put } from './change.ts';
import type { LocalClient } from './client.ts';
import { readIndex, type Index } from './index-file.ts';
import { showImage } from './replicas.ts';
import { sweep } from './sweep.ts';

/** Which image gets the data: a queued one, or a new one of this description. */
export interface Target {
  readonly into?: string;
  readonly id?: string;
  readonly description: Description & { readonly name: string };
}

/** A disk on its way in. `bytes` and `sha256` are of what `open` gives; absent: known only at its end. */
export interface Disk {
  readonly encoding: Encoding;
  readonly bytes?: number;
  readonly virtualBytes?: number;
  readonly sha256?: string;
  open(): Bytes;
}

/** The queued image to be filled. Throws CONFLICT if it has its data, or is to be of another format. */
function checkQueued({ id, manifest, record }: Found, { format }: Encoding): void {
  if (manifest.disk)
    throw conflictError(`image ${id} has its data already (it is ${record.status})`, {
      hint: 'leave --into out to make a new image',
    });
  if (record.diskFormat !== undefined && record.diskFormat !== format)
    throw conflictError(`image ${id} is to be ${record.diskFormat}, and this is ${format}`, {
      hint: `imgctl patch ${id} --set diskFormat=${format}, or convert the file`,
    });
}

/** What stands in the index for the target now, checked. Absent: a new image. */
async function before(
  client: LocalClient,
  index: Index,
  target: Target,
  id: string,
  encoding: Encoding,
): Promise<Found | undefined> {
  if (target.into === undefined) {
    checkId(id);
    checkFree(index, id);
    return undefined;
  }
  const found = await find(client.home, id, index);
  checkQueued(found, encoding);
  return found;
}

/**
 * Puts a disk under an image, which becomes active in that moment and not before: until then a new image is not to be
 * seen, and a queued one stays queued. Bytes that are there already are not read again.
 */
export async function fill(client: LocalClient, target: Target, disk: Disk, call: Call): Promise<ImageRecord> {
  const { home } = client;
  const id = target.into ?? target.id ?? randomUUID();
  await before(client, await readIndex(home), target, id, disk.encoding);
  const known = await enterKnown(client, target, id, disk);
  if (!known) await enterNew(client, target, id, disk, call);
  call.note({ kind: 'created', id });
  await sweep(home, call);
  return showImage(client, id, call);
}

/** Enters a disk whose digest and size are known beforehand and whose bytes are there. False: they are not. */
async function enterKnown(client: LocalClient, target: Target, id: string, disk: Disk): Promise<boolean> {
  const { bytes: size, sha256 } = disk;
  if (size === undefined || sha256 === undefined) return false;
  const digest = `sha256:${sha256}`;
  return client.home.locked(async () => {
    if (!(await holdsBlob(client.home, digest, size))) return false;
    await enterDisk(client, target, id, disk, { digest, size });
    return true;
  });
}

async function enterNew(client: LocalClient, target: Target, id: string, disk: Disk, call: Call): Promise<void> {
  const draft = await writeDraft(client.home, disk.open(), call.signal);
  try {
    if (disk.bytes !== undefined && disk.bytes !== draft.size)
      throw integrityError(`${draft.size} bytes came, and ${disk.bytes} were to come`);
    if (disk.sha256 !== undefined && `sha256:${disk.sha256}` !== draft.digest)
      throw integrityError(`the bytes that came have the SHA-256 ${draft.digest.slice(7)}, and not ${disk.sha256}`);
    await client.home.locked(async () => {
      await placeDraft(client.home, draft);
      await enterDisk(client, target, id, disk, draft);
    });
  } finally {
    await rm(draft.file, { force: true });
  }
}

/** Call under the lock, with the blob in its place. */
async function enterDisk(client: LocalClient, target: Target, id: string, disk: Disk, blob: Omit<Draft, 'file'>): Promise<void> {
  const index = await readIndex(client.home);
  const queued = await before(client, index, target, id, disk.encoding);
  const now = new Date().toISOString();
  const fields = {
    status: 'active',
    diskFormat: disk.encoding.format,
    sizeBytes: blob.size,
    virtualBytes: disk.virtualBytes,
    checksums: { sha256: blob.digest.slice('sha256:'.length) },
  };
  const json = nextRecord(queued?.json ?? firstRecord(id, target.description, now), id, fields, now);
  const title = `${recordOf(json).name}.${disk.encoding.format}`;
  await put(client.home, index, json, diskDescriptor(diskType(disk.encoding), blob.digest, blob.size, title), queued);
}
