import type { OriginalDocuments, UploadRequest } from '../../core/operation.ts';
import { digestOf } from './digest.ts';
import type { FilledDisk } from './disk-record.ts';
import { isId } from './ids.ts';
import { imageManifestOf, parseJson, type ImageManifest } from './manifest.ts';
import { imageType } from './media-types.ts';
import { storedRecord } from './record.ts';

/** An image's documents, as they are wherever it is. */
export interface Documents {
  readonly id: string;
  readonly manifest: ImageManifest;
  readonly text: string;
  readonly recordText: string;
}

/** What an image is handed on with to another store of this format. */
export const originalOf = (id: string, manifest: string, record: string): OriginalDocuments => ({
  realm: imageType,
  id,
  values: { manifest, record },
});

/** The documents that an upload brings with it; absent where there are none, or they are not of this name and disk. */
export function documentsOf(
  { original, into, id, description }: Omit<UploadRequest, 'content' | 'extras'>,
  disk: Pick<FilledDisk, 'digest' | 'size'>,
): Documents | undefined {
  if (original?.realm !== imageType || into !== undefined || id !== undefined || !isId(original.id)) return undefined;
  const { manifest: text = '', record: recordText = '' } = original.values;
  const manifest = imageManifestOf(parseJson(text) ?? {});
  const record = parseJson(recordText);
  if (!manifest || !record || manifest.record.digest !== digestOf(recordText)) return undefined;
  const isSame = manifest.disk?.digest === disk.digest && manifest.disk.size === disk.size;
  return isSame && storedRecord(record).name === description.name ? { id: original.id, manifest, text, recordText } : undefined;
}
