import { statSync } from 'node:fs';
import { integrityError } from '../../core/errors.ts';
import { errnoMessage } from '../../core/errno.ts';
import { dataOf, type Descriptor, type ImageData } from '../_oci/manifest.ts';
import { blobPath } from './blobs.ts';
import type { Found } from './images.ts';
import { noData } from './errors.ts';
import type { Folder } from './folder.ts';

/**
 * Why the file of a disk cannot be whole, as far as a look without reading tells; absent where nothing speaks against it. Not
 * asynchronous: a list looks at ten thousand.
 */
export function lossOf(folder: Folder, { digest, size }: Pick<Descriptor, 'digest' | 'size'>): string | undefined {
  const file = blobPath(folder, digest);
  if (file === undefined) return `${digest} is not stored here`;
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found) return `${file} is missing`;
    if (!found.isFile()) return `${file} is not a regular file`;
    return found.size === size ? undefined : `${file} has ${found.size} bytes, expected ${size}`;
  } catch (error) {
    return `${file}: ${errnoMessage(error)}`;
  }
}

/** Why the data of an image cannot be whole: as `lossOf`, of all the blobs that it lies in. */
export function lossIn(folder: Folder, data: ImageData): string | undefined {
  for (const blob of dataOf(data)) {
    const loss = lossOf(folder, blob);
    if (loss !== undefined) return loss;
  }
  return undefined;
}

/** A disk, or the list of its blocks, and the file that it lies in. */
export interface Stored {
  readonly disk: Descriptor;
  readonly file: string;
}

/**
 * The disk of an image, and the file that it lies in. Throws CONFLICT where there is none yet, INTEGRITY where the file is not as
 * long as it should be.
 */
export async function storedDisk(folder: Folder, { id, manifest, record }: Found): Promise<Stored> {
  const { disk } = manifest;
  if (!disk) throw noData(id, record.status);
  const file = blobPath(folder, disk.digest);
  const loss = lossIn(folder, manifest);
  if (file !== undefined && loss === undefined) return { disk, file };
  throw integrityError(`image ${id} is damaged: ${loss}`, {
    hint: 'Restore the file from a backup, or upload the disk again.',
  });
}
