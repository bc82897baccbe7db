import { integrityError } from '../../core/errors.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { blobPath, blobSize } from './blobs.ts';
import type { Found } from './catalogue.ts';
import { noData } from './failure.ts';
import type { Folder } from './folder.ts';

/**
 * The disk of an image, and the file that it lies in. Throws CONFLICT where there is none yet, INTEGRITY where the file is not as
 * long as it should be.
 */
export async function storedDisk(
  folder: Folder,
  { id, manifest: { disk }, record }: Found,
): Promise<{ readonly disk: Descriptor; readonly file: string }> {
  if (!disk) throw noData(id, record.status);
  const file = blobPath(folder, disk.digest);
  const size = await blobSize(folder, disk.digest);
  if (file !== undefined && size === disk.size) return { disk, file };
  throw integrityError(`image ${id} is damaged: ${file ?? disk.digest} has ${size ?? 0} bytes, expected ${disk.size}`, {
    hint: 'Restore the file from a backup, or upload the disk again.',
  });
}
