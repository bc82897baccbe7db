import { architectureOf } from '../../core/architecture.ts';
import { conflictError, unsupportedError, type ImgctlError } from '../../core/errors.ts';
import { contentIdProperty, type ImageRecord } from '../../core/image.ts';
import { isObject, type JsonObject } from '../../core/json.ts';
import { createdName, descriptorsOf, imageManifestOf, titleName } from '../_oci/manifest.ts';
import { recordFromJson, recordSchema } from '../_oci/record.ts';
import { formatOf } from './foreign-disk.ts';
import type { Repository } from './repository.ts';
import type { Foreign } from './tagged.ts';

/** Annotation by which a container disk that imgctl has made is told from others: the digest of its layer. What is built on it has another. */
export const madeHere = 'imgctl.containerdisk';

const annotation = ({ annotations }: JsonObject, name: string): string | undefined => {
  const value = isObject(annotations) ? annotations[name] : undefined;
  return typeof value === 'string' ? value : undefined;
};

/** Whether a manifest in the form of another tool was made by imgctl: then it may be replaced and deleted. */
export const isMadeHere = (manifest: JsonObject): boolean =>
  annotation(manifest, madeHere) !== undefined &&
  annotation(manifest, madeHere) === descriptorsOf(manifest.layers).at(-1)?.digest;

/** What is known of a disk by whoever made it. */
function saidBy(manifest: JsonObject, { id, type = '' }: Foreign) {
  if (!isMadeHere(manifest)) return { name: id, description: `artifact of another tool (${type || 'no type'})` };
  const contentId = annotation(manifest, contentIdProperty);
  return {
    name: annotation(manifest, titleName) ?? id,
    ...(contentId === undefined ? {} : { properties: { [contentIdProperty]: contentId } }),
  };
}

/** The image that a foreign disk is shown as, under its tag as id, and as name if it says none; absent where it is none. */
export function foreignImage({ name: place }: Repository, foreign: Foreign): ImageRecord | undefined {
  const { id, digest, manifestJson, disk, architecture } = foreign;
  if (!disk) return undefined;
  const record = {
    schema: recordSchema,
    id,
    ...saidBy(manifestJson, foreign),
    architecture: architecture === undefined ? undefined : architectureOf(architecture),
    status: 'active',
    diskFormat: formatOf(disk),
    sizeBytes: disk.size,
    checksums: { sha256: disk.digest.slice('sha256:'.length) },
    createdAt: annotation(manifestJson, createdName),
  };
  return recordFromJson(id, record, [place], { ref: id, digest, manifest: manifestJson });
}

export const article = (kind: string): string => (/^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`);

/** Why a foreign thing cannot be used as an image. */
export const notDisk = ({ shown }: Repository, { id, kind }: Foreign): ImgctlError =>
  unsupportedError(`${shown}:${id} is ${article(kind)} of another tool, not a disk image`, {
    hint: 'Use the tool that made it.',
  });

/** Why a foreign disk is not changed. */
export const notOurs = (repository: Repository, foreign: Foreign): ImgctlError =>
  foreign.disk ? othersDisk(`${repository.shown}:${foreign.id}`, foreign.id) : notDisk(repository, foreign);

const othersDisk = (shown: string, id: string): ImgctlError =>
  conflictError(`${shown} was made by another tool, so imgctl does not change or delete it`, {
    hint: 'Make an image of it with:',
    next: [{ verb: 'copy', image: id, args: [{ inProfile: 'NAME' }] }],
  });

/** Why an image that was listed is not deleted: another tool has made it. Absent: it is ours. */
export const notOursToRemove = ({ id, raw }: ImageRecord): ImgctlError | undefined =>
  isObject(raw.manifest) && !imageManifestOf(raw.manifest) && !isMadeHere(raw.manifest) ? othersDisk(id, id) : undefined;

/** A tag that a list leaves out, and why. */
export interface LeftOut {
  readonly id: string;
  readonly kind: string;
}

/** How many of them are named. */
const named = 3;

/** What a list leaves out, in one line. */
export const leftOutWords = (repository: Repository, left: readonly LeftOut[]): string =>
  `${notShown(repository, left)}, no disk images: ${someOf(left)}`;

/** Tags that others have given to images that have their own, which is their `kind`, in one line. */
export const furtherTagWords = (repository: Repository, left: readonly LeftOut[]): string =>
  `${notShown(repository, left)}, further ones of images that are: ${someOf(left)}`;

const notShown = ({ shown }: Repository, { length }: readonly LeftOut[]): string =>
  `${length} ${length === 1 ? 'tag' : 'tags'} of ${shown} not shown`;

function someOf(left: readonly LeftOut[]): string {
  const some = left.slice(0, named).map(({ id, kind }) => `${id} (${kind})`);
  return [...some, ...(left.length > named ? [`${left.length - named} more`] : [])].join(', ');
}
