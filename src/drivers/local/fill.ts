import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Encoding } from '../../core/encoding.ts';
import { integrityError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, Description, Original } from '../../core/operation.ts';
import { checkFillable, diskLayer, filledRecord } from '../_oci/filled.ts';
import { checkId } from '../_oci/ids.ts';
import { manifestType, recordType } from '../_oci/media-types.ts';
import { documentsOf } from '../_oci/original.ts';
import { holdsBlob, placeDraft, putDocument, type Draft } from './blobs.ts';
import { checkFree, find, takenBy, type Found } from './catalogue.ts';
import { enter, put } from './change.ts';
import type { LocalClient } from './client.ts';
import type { Folder, LockedFolder } from './folder.ts';
import { readIndex, type Index } from './index-file.ts';
import { showImage } from './replicas.ts';
import { sweep } from './sweep.ts';

/** Which image gets the data: a queued one, or a new one of this description. */
export interface Target {
  readonly into?: string;
  readonly id?: string;
  readonly description: Description & { readonly name: string };
  readonly original?: Original;
}

/** A disk on its way in. `bytes` and `sha256` are absent where they are known only at its end. */
export interface Disk {
  readonly encoding: Encoding;
  readonly bytes?: number;
  readonly virtualBytes?: number;
  readonly sha256?: string;
}

/** What stands in the index for the target now, checked. Absent: a new image. */
async function before(home: Folder, index: Index, target: Target, id: string, encoding: Encoding): Promise<Found | undefined> {
  if (target.into === undefined) {
    checkId(id);
    checkFree(index, id);
    return undefined;
  }
  const found = await find(home, id, index);
  checkFillable(found, encoding);
  return found;
}

/**
 * Puts a disk under an image, which becomes active in that moment and not before: until then a new image is not to be
 * seen, and a queued one stays queued. `makeDraft` is asked for the disk's bytes, unless they are there already.
 */
export async function fill(
  client: LocalClient,
  target: Target,
  disk: Disk,
  makeDraft: () => Promise<Draft>,
  call: Call,
): Promise<ImageRecord> {
  const { home } = client;
  const id = target.into ?? target.id ?? randomUUID();
  await before(home, await readIndex(home), target, id, disk.encoding);
  const entered = (await enterKnown(client, target, id, disk)) ?? (await enterNew(client, target, id, disk, makeDraft));
  call.note({ kind: 'created', id: entered });
  await sweep(home, call);
  return showImage(client, entered, call);
}

/** Enters a disk whose digest and size are known beforehand and whose bytes are there, and says under which id. Absent: they are not. */
async function enterKnown(client: LocalClient, target: Target, id: string, disk: Disk): Promise<string | undefined> {
  const { bytes: size, sha256 } = disk;
  if (size === undefined || sha256 === undefined) return undefined;
  const digest = `sha256:${sha256}`;
  return client.home.locked(async (home) =>
    (await holdsBlob(home, digest, size)) ? enterDisk(home, target, id, disk, { digest, size }) : undefined,
  );
}

async function enterNew(
  client: LocalClient,
  target: Target,
  id: string,
  disk: Disk,
  makeDraft: () => Promise<Draft>,
): Promise<string> {
  const draft = await makeDraft();
  try {
    if (disk.bytes !== undefined && disk.bytes !== draft.size)
      throw integrityError(`${draft.size} bytes came, and ${disk.bytes} were to come`);
    if (disk.sha256 !== undefined && `sha256:${disk.sha256}` !== draft.digest)
      throw integrityError(`the bytes that came have the SHA-256 ${draft.digest.slice(7)}, and not ${disk.sha256}`);
    return await client.home.locked(async (home) => {
      await placeDraft(home, draft);
      return enterDisk(home, target, id, disk, draft);
    });
  } finally {
    await rm(draft.file, { force: true });
  }
}

/** Call with the blob in its place. Returns the id under which it was entered: that of the original where it can. */
async function enterDisk(
  home: LockedFolder,
  target: Target,
  id: string,
  { encoding, virtualBytes }: Disk,
  { digest, size }: Omit<Draft, 'file'>,
): Promise<string> {
  const index = await readIndex(home);
  const documents = documentsOf(target, { digest, size });
  if (documents && takenBy(index, documents.id) === undefined) {
    await putDocument(home, recordType, documents.recordText);
    await enter(home, index, documents.id, await putDocument(home, manifestType, documents.text));
    return documents.id;
  }
  const queued = await before(home, index, target, id, encoding);
  const filled = { encoding, digest, size, virtualBytes };
  const json = filledRecord(id, queued?.json, target.description, filled, new Date().toISOString());
  await put(home, index, json, diskLayer(json, filled), queued);
  return id;
}
