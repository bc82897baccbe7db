import type { ImageRecord, PlaceState } from '../../core/image.ts';
import { recordFromJson } from '../_oci/record.ts';
import type { Found } from './images.ts';
import { homePlace } from './client.ts';
import type { Folder } from './folder.ts';
import { lossIn } from './stored-disk.ts';

/** A store's own word for an image whose disk is not there as it was recorded. */
const damaged = { status: 'failed', providerStatus: 'damaged' } as const;

/**
 * The image as it is shown. `copies` are the places besides home that hold one. Whatever its record says: where the disk is gone or
 * of another length it has failed, and says why; a place where it is so has failed too.
 */
export function recordFrom(home: Folder, found: Found, copies: ReadonlyMap<string, Folder> = new Map()): ImageRecord {
  const record = found.json;
  const raw = {
    ref: found.id,
    digest: found.entry.digest,
    get manifest() {
      return found.manifestJson;
    },
    record,
  };
  const image = recordFromJson(found.id, record, [], raw);
  const { manifest } = found;
  const standing = (name: string, folder: Folder): PlaceState => {
    const message = lossIn(folder, manifest);
    return message === undefined ? { name, status: image.status } : { name, ...damaged, message };
  };
  const here = standing(homePlace, home);
  const places = [here, ...[...copies].map(([name, folder]) => standing(name, folder))];
  return Object.assign(image, { places }, here.message === undefined ? {} : { ...damaged, progress: { message: here.message } });
}
