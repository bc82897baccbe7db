import { withEnding, type Encoding } from '../../core/encoding.ts';
import { conflictError } from '../../core/errors.ts';
import { contentIdProperty } from '../../core/image.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Description } from '../../core/operation.ts';
import { diskDescriptor, type Descriptor, type ImageData, type ImageManifest } from './manifest.ts';
import { blockListType, diskType } from './media-types.ts';
import { firstRecord, nextRecord } from './record-revision.ts';
import { storedRecord, type StoredRecord } from './record.ts';

/** A disk that lies in the store under its digest, or that of the list of its blocks. `size` is bytes of that blob. */
export interface FilledDisk {
  readonly encoding: Encoding;
  readonly digest: string;
  readonly size: number;
  /** Where it lies in blocks: the blobs that they are, and how long the disk is. */
  readonly layered?: { readonly blocks: readonly Descriptor[]; readonly bytes: number } | undefined;
  readonly virtualBytes?: number | undefined;
  /** Content id of the disk, to be kept with it. */
  readonly contentId?: string | undefined;
}

/** Throws CONFLICT unless an image can be filled with a disk of this encoding: it has no data, and is for no other format. */
export function checkFillable(
  image: { readonly id: string; readonly manifest: ImageManifest; readonly record: StoredRecord },
  { format }: Encoding,
): void {
  const { id, manifest, record } = image;
  if (manifest.disk)
    throw conflictError(`image ${id} already has data (it is ${record.status})`, {
      hint: 'Omit --into to create a new image.',
    });
  if (record.diskFormat !== undefined && record.diskFormat !== format)
    throw conflictError(`image ${id} is declared as ${record.diskFormat}, but this is ${format}`, {
      hint: 'Convert the file, or change the record with:',
      next: [{ verb: 'patch', image: id, options: { 'disk-format': format } }],
    });
}

/** The record of an image that has got its disk: the next revision of `before`, or the first of a new image. */
export function filledRecord(
  id: string,
  before: JsonObject | undefined,
  description: Description & { readonly name: string },
  disk: FilledDisk,
  now: string,
): JsonObject {
  const fields = {
    status: 'active',
    diskFormat: disk.encoding.format,
    sizeBytes: disk.layered?.bytes ?? disk.size,
    virtualBytes: disk.virtualBytes ?? disk.layered?.bytes,
    // Of a disk in blocks nobody has hashed the whole: each block is known by its own digest.
    checksums: disk.layered ? undefined : { sha256: disk.digest.slice('sha256:'.length) },
  };
  const json = before ?? firstRecord(id, description, now);
  const { properties } = storedRecord(json);
  const kept = disk.contentId === undefined ? {} : { properties: { ...properties, [contentIdProperty]: disk.contentId } };
  return nextRecord(json, id, { ...fields, ...kept }, now);
}

/** The layers that are the disk of an image with this record. */
export function diskLayers(record: JsonObject, { encoding, digest, size, layered }: FilledDisk): ImageData {
  if (layered) return { disk: { mediaType: blockListType, digest, size }, blocks: layered.blocks };
  return { disk: diskDescriptor(diskType(encoding), digest, size, withEnding(storedRecord(record).name, `.${encoding.format}`)) };
}
