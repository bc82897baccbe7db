import { parseJson } from '../../core/json.ts';
import { isMarkProperty } from '../../core/marks.ts';
import type { Description, OriginalDocuments, OriginalParts, UploadRequest } from '../../core/operation.ts';
import { digestOf } from './digest.ts';
import type { FilledDisk } from './disk-record.ts';
import { isId } from './ids.ts';
import { imageManifestOf, type ImageManifest } from './manifest.ts';
import { imageType } from './media-types.ts';
import { storedRecord, type StoredRecord } from './record.ts';

/** An image's documents, as they are wherever it is. */
export interface Documents {
  readonly id: string;
  readonly manifest: ImageManifest;
  readonly text: string;
  readonly recordText: string;
}

/** What an image is handed on with to another store of this format. */
export function originalOf(id: string, manifest: string, record: string, parts?: OriginalParts): OriginalDocuments {
  const digest = digestOf(manifest);
  return {
    realm: imageType,
    id,
    values: { manifest, record },
    isTakenOver: ({ raw }) => raw.digest === digest,
    ...(parts ? { parts } : {}),
  };
}

/** The manifest that an image has elsewhere; absent where it is none of ours. */
export const manifestIn = (original: OriginalDocuments | undefined): ImageManifest | undefined =>
  original?.realm === imageType ? imageManifestOf(parseJson(original.values.manifest ?? '') ?? {}) : undefined;

/** Whether a record says all that an image is to be described by, and nothing that was decided about another one. It has no owner. */
function says(record: StoredRecord, { owner: _owner, tags = [], properties = {}, ...fields }: Description): boolean {
  const said = Object.entries(fields).every(
    ([name, value]) => value === undefined || record[name as keyof StoredRecord] === value,
  );
  const hasProperties = Object.entries(properties).every(([name, value]) => record.properties[name] === value);
  const isUnmarked = !Object.keys(record.properties).some(isMarkProperty);
  return said && isUnmarked && hasProperties && tags.every((tag) => record.tags.includes(tag));
}

/** The documents that an upload brings with it; absent where there are none, or they are not of this disk, or say not what it is to be described by. */
export function documentsOf(
  { original, into, id, description }: Omit<UploadRequest, 'content' | 'extras'>,
  disk: Pick<FilledDisk, 'digest' | 'size' | 'layered'>,
): Documents | undefined {
  const manifest = manifestIn(original);
  if (!original || !manifest || into !== undefined || id !== undefined || !isId(original.id)) return undefined;
  const { manifest: text = '', record: recordText = '' } = original.values;
  const record = parseJson(recordText);
  if (!record || manifest.record.digest !== digestOf(recordText)) return undefined;
  const isSame = manifest.disk?.digest === disk.digest && manifest.disk.size === disk.size && areSame(manifest, disk);
  return isSame && says(storedRecord(record), description) ? { id: original.id, manifest, text, recordText } : undefined;
}

/** Whether a manifest names the very blobs that the blocks of a disk are: more would never be there. */
function areSame({ blocks }: ImageManifest, { layered }: Pick<FilledDisk, 'layered'>): boolean {
  const [named, brought] = [blocks, layered?.blocks].map((all) => all?.map(({ digest }) => digest).toSorted());
  return JSON.stringify(named) === JSON.stringify(brought);
}
