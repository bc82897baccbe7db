import { limitError } from '../../core/errors.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { blockListType, emptyType, imageType, isImageType, layeredImageType, manifestType, recordType } from './media-types.ts';

/** What points to a blob (OCI image-spec, "Descriptor"). `size` is bytes. Fields not named here are kept as they are. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Manifests and records are small; what is larger is none (registries draw the line at 4 MiB). */
export const largestDocumentBytes = 4 * 1024 * 1024;

/** Throws LIMIT for a manifest or record that nobody would read again: before it is written. */
export function checkDocument(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > largestDocumentBytes)
    throw limitError(`the record of the image would have ${bytes} bytes, and at most ${largestDocumentBytes} are kept`, {
      hint: 'Use shorter texts for its description, tags and properties.',
    });
}

export const refName = 'org.opencontainers.image.ref.name';
export const titleName = 'org.opencontainers.image.title';
export const createdName = 'org.opencontainers.image.created';
const isDescriptor = (value: unknown): value is JsonObject & Descriptor =>
  isObject(value) && typeof value.mediaType === 'string' && typeof value.digest === 'string' && typeof value.size === 'number';

/** A value as a descriptor; absent when it is none. One without a type has an empty one. */
export const descriptorOf = (value: unknown): Descriptor | undefined =>
  isDescriptor(value) ? value : isObject(value) ? descriptorOfParts(value) : undefined;

const descriptorOfParts = ({ digest, size, mediaType, ...rest }: JsonObject): Descriptor | undefined =>
  typeof digest === 'string' && typeof size === 'number'
    ? { ...rest, mediaType: String(mediaType ?? ''), digest, size }
    : undefined;

/** A value as a list of descriptors; what is none is left out. */
export const descriptorsOf = (value: unknown): readonly Descriptor[] =>
  Array.isArray(value) ? value.flatMap((each: unknown) => descriptorOf(each) ?? []) : [];

/** The blobs of an image's data. `disk` is absent for a record without data. */
export interface ImageData {
  readonly disk?: Descriptor;
  /** Where the disk lies in blocks, and `disk` is the list of them: the blobs that they are, each once. */
  readonly blocks?: readonly Descriptor[];
}

/** The parts of an image's manifest. */
export interface ImageManifest extends ImageData {
  readonly record: Descriptor;
}

/** All blobs that an image's data is. */
export const dataOf = ({ disk, blocks = [] }: ImageData): readonly Descriptor[] => (disk ? [disk, ...blocks] : []);

/**
 * A manifest as ours; absent for a foreign one. Recognised by artifactType or, where that is missing, by the type of
 * its config. Layers that are all of the empty type, or none, mean: no disk.
 */
export function imageManifestOf(json: JsonObject): ImageManifest | undefined {
  const record = descriptorOf(json.config);
  if (!record || !isOurs(json, record)) return undefined;
  const [disk, ...blocks] = descriptorsOf(json.layers).filter((layer) => layer.mediaType !== emptyType);
  if (json.artifactType === layeredImageType) return disk?.mediaType === blockListType ? { record, disk, blocks } : undefined;
  return disk ? { record, disk } : { record };
}

const isOurs = ({ artifactType }: JsonObject, { mediaType }: Descriptor): boolean =>
  artifactType === undefined ? mediaType === recordType : isImageType(artifactType);

/**
 * The text of an image's manifest. It is written once and never again from what was read: its digest is its name.
 * `empty` describes the blob `{}`. Annotations are for people and other tools; nothing is read back from them.
 */
export function manifestText(parts: ImageManifest & { empty: Descriptor; name: string; createdAt?: string | undefined }): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType: parts.blocks ? layeredImageType : imageType,
    config: parts.record,
    layers: [parts.disk ?? parts.empty, ...(parts.blocks ?? [])],
    annotations: { [createdName]: parts.createdAt, [titleName]: parts.name },
  });
}

/** Of a manifest's parts those that its data is. */
export const imageData = ({ disk, blocks }: ImageData): ImageData => ({
  ...(disk ? { disk } : {}),
  ...(blocks ? { blocks } : {}),
});

/** A disk layer. `name` becomes the title under which other tools save the file. */
export function diskDescriptor(mediaType: string, digest: string, size: number, name: string): Descriptor {
  return { mediaType, digest, size, annotations: { [titleName]: name } };
}

/** The entry of an image in an index, under its id. */
export function indexEntry(id: string, digest: string, size: number, artifactType = imageType): Descriptor {
  return { mediaType: manifestType, digest, size, artifactType, annotations: { [refName]: id } };
}

/** Whether an index entry may be an image of ours; only reading the manifest tells for sure. */
export function mayBeImage(entry: Descriptor): boolean {
  // Ours are named by SHA-256, always.
  if (!entry.digest.startsWith('sha256:')) return false;
  return entry.artifactType === undefined ? entry.mediaType === manifestType : isImageType(entry.artifactType);
}
