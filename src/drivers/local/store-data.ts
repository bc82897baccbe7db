import { randomUUID } from 'node:crypto';
import type { Encoding } from '../../core/encoding.ts';
import { integrityError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, Description, OriginalDocuments } from '../../core/operation.ts';
import { checkFillable, diskLayers, filledRecord, type FilledDisk } from '../_oci/disk-record.ts';
import { checkId } from '../_oci/ids.ts';
import { documentsOf } from '../_oci/image-documents.ts';
import { blobSize, isIntact, placeBlob } from './blobs.ts';
import { checkFree, checkNameFree, find, takenBy, type Found } from './images.ts';
import { enterIndex, writeImage } from './write-image.ts';
import type { LocalClient } from './client.ts';
import type { LockedFolder, Folder } from './folder.ts';
import { removeTemporaryFile, withHeartbeat, type TemporaryFile } from './temporary-file.ts';
import { readIndex, type Index } from './index-file.ts';
import { recordFrom } from './record.ts';

/** Which image gets the data: a queued one, or a new one of this description. */
export interface DataTarget {
  readonly into?: string;
  readonly id?: string;
  readonly description: Description & { readonly name: string };
  readonly original?: OriginalDocuments;
  /** No image may have the name when this one is entered. */
  readonly nameMustBeFree?: boolean;
}

/** A disk on its way in. `bytes` and `sha256` are absent where they are known only at its end. */
export interface IncomingDisk {
  readonly encoding: Encoding;
  readonly bytes?: number;
  readonly virtualBytes?: number;
  readonly sha256?: string;
}

/** What stands in the index for the target now, checked. Absent: a new image. */
async function before(
  home: Folder,
  index: Index,
  target: DataTarget,
  id: string,
  encoding: Encoding,
): Promise<Found | undefined> {
  if (target.into === undefined) {
    checkId(id);
    checkFree(index, id);
    return undefined;
  }
  const found = await find(home, id, index);
  checkFillable(found, encoding);
  return found;
}

/** A disk that lies among the blobs: `digest` and `size` are of the blob that it is, or of the list of its blocks. */
type PlacedDisk = Pick<FilledDisk, 'digest' | 'size' | 'layered' | 'contentId'>;

/** The id of the image that is to get a disk. Throws where it cannot be filled, or is taken. */
export async function beginData({ home }: LocalClient, target: DataTarget, encoding: Encoding, call: Call): Promise<string> {
  const id = target.into ?? target.id ?? randomUUID();
  await before(home, await readIndex(home), target, id, encoding);
  if (target.into === undefined) call.note({ kind: 'intended', id });
  return id;
}

/** Enters a disk that `place` puts among the blobs, in the same step. */
export async function enterData(
  { home }: LocalClient,
  target: DataTarget,
  id: string,
  disk: IncomingDisk,
  place: (folder: LockedFolder) => Promise<PlacedDisk>,
  call: Call,
): Promise<ImageRecord> {
  const entered = await home.locked(async (folder) => enterDisk(folder, target, id, disk, await place(folder), call), call.note);
  call.note({ kind: 'created', id: entered.id });
  return recordFrom(home, entered);
}

/**
 * Puts a disk under an image, which becomes active in that moment and not before: until then a new image is not to be
 * seen, and a queued one stays queued. `makeDraft` is asked for the disk's bytes, unless they are there already.
 */
export async function storeData(
  client: LocalClient,
  target: DataTarget,
  disk: IncomingDisk,
  makeDraft: () => Promise<TemporaryFile>,
  call: Call,
): Promise<ImageRecord> {
  const id = await beginData(client, target, disk.encoding, call);
  const known = await enterKnown(client, target, id, disk, call);
  if (!known) return enterNew(client, target, id, disk, makeDraft, call);
  call.note({ kind: 'created', id: known.id });
  return recordFrom(client.home, known);
}

/** Enters a disk whose digest and size are known beforehand and whose bytes are there: each of them is read. Absent: they are not. */
async function enterKnown(
  { home }: LocalClient,
  target: DataTarget,
  id: string,
  disk: IncomingDisk,
  call: Call,
): Promise<Found | undefined> {
  const { bytes: size, sha256 } = disk;
  if (size === undefined || sha256 === undefined) return undefined;
  const digest = `sha256:${sha256}`;
  // Before the lock is taken, for that takes as long as the disk is large.
  if (!(await isIntact(home, { digest, size }, call.signal))) return undefined;
  return home.locked(
    async (folder) =>
      (await blobSize(folder, digest)) === size ? enterDisk(folder, target, id, disk, { digest, size }, call) : undefined,
    call.note,
  );
}

async function enterNew(
  client: LocalClient,
  target: DataTarget,
  id: string,
  disk: IncomingDisk,
  makeDraft: () => Promise<TemporaryFile>,
  call: Call,
): Promise<ImageRecord> {
  const draft = await makeDraft();
  try {
    if (disk.bytes !== undefined && disk.bytes !== draft.size)
      throw integrityError(`got ${draft.size} bytes, expected ${disk.bytes}`, { hint: changed });
    if (disk.sha256 !== undefined && `sha256:${disk.sha256}` !== draft.digest)
      throw integrityError(`got SHA-256 ${draft.digest.slice(7)}, expected ${disk.sha256}`, { hint: changed });
    const place = async (folder: LockedFolder): Promise<PlacedDisk> => {
      await placeBlob(folder, draft);
      return { digest: draft.digest, size: draft.size };
    };
    // Others may hold the lock for longer than a draft without a sign of life is left alone.
    return await withHeartbeat(draft.file, () => enterData(client, target, id, disk, place, call));
  } finally {
    await removeTemporaryFile(draft.file);
  }
}

const changed = 'The source may have changed while it was read; try again.';

/** Call with the blob in its place. It is entered under the id of the original where it can. */
async function enterDisk(
  home: LockedFolder,
  target: DataTarget,
  id: string,
  { encoding, virtualBytes }: IncomingDisk,
  placed: PlacedDisk,
  call: Call,
): Promise<Found> {
  const index = await readIndex(home);
  if (target.nameMustBeFree) await checkNameFree(home, index, target.description.name, call);
  const documents = documentsOf(target, placed);
  if (documents && takenBy(index, documents.id) === undefined)
    return enterIndex(home, index, documents.id, { manifest: documents.text, record: documents.recordText });
  const queued = await before(home, index, target, id, encoding);
  const filled = { encoding, virtualBytes, ...placed };
  const json = filledRecord(id, queued?.json, target.description, filled, new Date().toISOString());
  return writeImage(home, index, json, diskLayers(json, filled), queued);
}
