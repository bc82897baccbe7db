import { isObject, textIn, type JsonObject } from '../../../core/json.ts';
import { createHash } from 'node:crypto';
import { given, type Image } from '../../../core/image.ts';
import { isProvenanceProperty } from '../../../core/provenance.ts';
import type { Published, PublishedFile, WrittenDisk } from '../../../core/publication.ts';
import { architectureOf } from '../../../core/architecture.ts';
import { metadataArchive } from '../../_metadata/archive.ts';
import { bytesIn } from '../../_published/json.ts';
import { safeName } from './names.ts';

/** Where an image stands in a tree. `arch` is a publisher's word. */
export interface Standing {
  readonly image: Image;
  readonly product: string;
  readonly arch: string;
  readonly serial: string;
}

const combined = 'combined_disk-kvm-img_sha256';
const diskKey = 'disk.qcow2';
const diskType = 'disk-kvm.img';
/** The same file to two programs, each of which looks for its own. */
const metadataKeys = ['incus.tar.xz', 'lxd.tar.xz'] as const;
const originKey = 'imgctl.origin';
const contentKey = 'imgctl.contentId';
/** Of an image that does not say what it is for. */
const assumedKey = 'imgctl.architecture';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What tells the data of an image from any other: its digest, or its id where no digest is known. */
export function originOf({ id, createdAt = '', checksums = {} }: Image): string {
  const algorithm = ['sha512', 'sha256'].find((name) => checksums[name] !== undefined);
  return algorithm === undefined ? `id:${id}@${createdAt}` : `${algorithm}:${checksums[algorithm]?.toLowerCase() ?? ''}`;
}

/** What an image says of the system on it, as publishers write it down. Nothing is guessed. */
export const systemOf = ({ properties }: Image): Readonly<Record<string, string>> =>
  given<Record<string, string>>({
    os: properties.os_distro || undefined,
    release: properties.release || properties.os_version || undefined,
    version: properties.os_version || undefined,
  }) as Record<string, string>;

/** What the servers of these clients keep of the image, in the archive that goes before its disk. */
export function metadataOf({ image, arch, serial }: Standing): Uint8Array {
  const { name, createdAt } = image;
  const seconds = Math.floor(Date.parse(createdAt ?? '') / 1000);
  return metadataArchive({
    architecture: architectureOf(arch),
    created: seconds > 0 ? seconds : 1,
    properties: { ...systemOf(image), architecture: arch, description: `${name} ${arch} (${serial})`, name, serial },
  });
}

/** Paths have the digests of their content in them, so that none can ever have another. */
export function placedFiles(
  { image, arch, serial }: Standing,
  metadata: Uint8Array,
  disk: WrittenDisk,
): { readonly disk: PublishedFile; readonly metadata: PublishedFile } {
  const folder = ['images', safeName(image.name), safeName(arch), serial.replaceAll(':', '')].join('/');
  const at = (start: string, digest: string, ending: string): string => `${folder}/${start}-${digest.slice(0, 12)}.${ending}`;
  const digest = sha256(metadata);
  return {
    disk: { path: at('disk', disk.sha256, 'qcow2'), bytes: disk.bytes, sha256: disk.sha256 },
    metadata: { path: at('metadata', digest, 'tar'), bytes: metadata.length, sha256: digest },
  };
}

/** A version as it stands in the document. `before`: as it stood there; what others have added to it stays. */
export function versionOf(at: Standing, metadata: Uint8Array, disk: WrittenDisk, before: JsonObject = {}): JsonObject {
  const { image, serial } = at;
  const files = placedFiles(at, metadata, disk);
  const item = (ftype: string, { path, bytes, sha256: digest }: PublishedFile): JsonObject => ({
    ftype,
    path,
    sha256: digest,
    size: bytes,
  });
  const sources = Object.entries(image.properties).filter(([name]) => isProvenanceProperty(name));
  return {
    ...before,
    ...systemOf(image),
    pubname: `${image.name || safeName(image.name)}-${serial.replaceAll(':', '')}`,
    [originKey]: originOf(image),
    [assumedKey]: image.architecture ? undefined : 'assumed',
    ...(disk.contentId === undefined ? {} : { [contentKey]: disk.contentId }),
    ...Object.fromEntries(sources),
    items: {
      ...(isObject(before.items) ? before.items : {}),
      [diskKey]: item(diskType, files.disk),
      ...Object.fromEntries(
        metadataKeys.map((key) => [key, { ...item(key, files.metadata), [combined]: disk.fingerprint }] as const),
      ),
    },
  };
}

/** Whether a version was published by this. */
export const isOurs = (version: JsonObject): boolean => version[originKey] !== undefined;

/** Whether it was not its image that said what it is for. */
export const isAssumed = (version: JsonObject): boolean => version[assumedKey] !== undefined;

/** Whether a version holds the disk of the image. */
export const holds = (version: JsonObject, image: Image): boolean =>
  version[originKey] === originOf(image) || (image.contentId !== undefined && version[contentKey] === image.contentId);

/** A version that this has published, as its document has it; absent for any other. */
export function publishedIn(product: string, serial: string, version: JsonObject): Published | undefined {
  const items = isObject(version.items) ? version.items : {};
  const disk = fileIn(items[diskKey]);
  const [metadata, other] = metadataKeys.map((key) => fileIn(items[key]));
  const [fingerprint] = metadataKeys.map((key) => (isObject(items[key]) ? textIn(items[key][combined]) : undefined));
  if (!disk || fingerprint === undefined || !metadata || !other) return undefined;
  return { product, serial, disk, metadata, fingerprint };
}

/** A file as a document tells it; absent: it does not. */
export function fileIn(item: unknown): PublishedFile | undefined {
  if (!isObject(item)) return undefined;
  const [path, bytes, digest] = [textIn(item.path), bytesIn(item.size), textIn(item.sha256)];
  return path === undefined || bytes === undefined || digest === undefined ? undefined : { path, bytes, sha256: digest };
}
