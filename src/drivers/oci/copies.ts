import { conflictError, ImgctlError } from '../../core/errors.ts';
import { fillingOf } from '../../core/hint.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Bytes } from '../../core/http.ts';
import { dataOf } from '../_oci/manifest.ts';
import { recordType } from '../_oci/media-types.ts';
import { pushText, readBlob } from './blobs.ts';
import { bringBlobs, type Blob } from './bring-blobs.ts';
import type { OciClient } from './client.ts';
import { enter, isDamage, lookUp, recall } from './images.ts';
import { isOurs, type Found, type Tagged } from './tagged.ts';
import { recordFrom } from './record.ts';
import type { Repository } from './repository.ts';

/** Whether what stands in a place is a copy of this image, and not something else under the same tag. */
const isCopy = (found: Found, there: Tagged): there is Found =>
  isOurs(there) && there.manifest.disk !== undefined && there.manifest.disk.digest === found.manifest.disk?.digest;

/** What `read` finds in each of some repositories. One that cannot be read is reported, and counts as one that holds nothing. */
export async function inPlaces<T>(
  places: Iterable<Repository>,
  call: Call,
  read: (place: Repository) => Promise<T | undefined>,
): Promise<ReadonlyMap<string, T>> {
  const all = new Map<string, T>();
  for (const place of places) {
    try {
      const there = await read(place);
      if (there !== undefined) all.set(place.name, there);
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      call.note({ kind: 'warning', message: `place ${place.name}: ${error.message}` });
    }
  }
  return all;
}

/**
 * As `copiesOf`, for whoever takes copies away: what cannot be asked may hold one. Throws what stands in the way. A copy that is
 * damaged cannot be told from anything else: it is reported, and kept.
 */
export async function copiesForSure(found: Found, call: Call, places: Iterable<Repository>): Promise<ReadonlyMap<string, Found>> {
  if (!found.manifest.disk) return new Map();
  const all = new Map<string, Found>();
  for (const place of places) {
    try {
      const there = await recall(place, found.id, call);
      if (isCopy(found, there)) all.set(place.name, there);
    } catch (error) {
      if (isDamage(error)) {
        call.note({ kind: 'warning', message: `place ${place.name}: ${error.message}; it is kept` });
        continue;
      }
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      throw new ImgctlError(error.code, `cannot tell whether ${place.name} holds a copy: ${error.message}; nothing was changed`, {
        hint: `Remove ${place.name} from places in the profile if there are no copies in it.`,
        ...error.circumstances,
      });
    }
  }
  return all;
}

/** The copies of an image among these repositories; absent: those of the profile, and those that this run has written to. */
export async function copiesOf(
  client: OciClient,
  found: Found,
  call: Call,
  places: Iterable<Repository> = client.places.values(),
): Promise<ReadonlyMap<string, Found>> {
  if (!found.manifest.disk) return new Map();
  return inPlaces(places, call, async (place) => {
    const there = await recall(place, found.id, call);
    return isCopy(found, there) ? there : undefined;
  });
}

/** The image with its places. */
export async function withPlaces(client: OciClient, found: Found, call: Call): Promise<ImageRecord> {
  return recordFrom(client, found, [...(await copiesOf(client, found, call)).keys()]);
}

/** Brings the record of every copy up to date. A place where that fails is reported: the image itself is as it should be. */
export async function refreshCopies(client: OciClient, found: Found, call: Call): Promise<ImageRecord> {
  const copies = await copiesOf(client, found, call);
  for (const name of copies.keys()) {
    try {
      await copyTo(client, client.repository(name), found, call);
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      call.note({ kind: 'warning', message: `${name} keeps the old record of ${found.id}: ${error.message}` });
    }
  }
  return recordFrom(client, found, [...copies.keys()]);
}

/** Copies an image into another repository under its own id, byte for byte. Throws CONFLICT if something else has that tag there. */
export async function copyTo(client: OciClient, to: Repository, found: Found, call: Call): Promise<void> {
  const { home: from } = client;
  const { disk } = found.manifest;
  if (!disk)
    throw conflictError(`image ${found.id} is queued (no data uploaded yet)`, {
      hint: 'Upload its data with:',
      next: [fillingOf(found.id)],
    });
  const there = await lookUp(to, found.id, call);
  if (there !== undefined && !isCopy(found, there))
    throw conflictError(`${to.shown}:${found.id} already exists with other content`);
  if (there?.digest === found.digest) return;
  const open = (blob: Blob): Bytes => readBlob(from, blob, 0, blob.size - 1, call);
  await bringBlobs({ ...client, home: to }, dataOf(found.manifest), { beside: from, open }, call);
  await pushText(to, recordType, found.recordText, call);
  await enter(to, found.id, found.text, there?.digest, call);
}
