import { architectureOf } from '../../core/architecture.ts';
import type { Encoding } from '../../core/encoding.ts';
import { integrityError, providerError, unsupportedError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import { contentIdProperty, type ImageRecord } from '../../core/image.ts';
import type { Call, Description, Extra, UploadRequest } from '../../core/operation.ts';
import { digestOf, hashed } from '../_oci/digest.ts';
import { createdName, titleName, type Descriptor } from '../_oci/manifest.ts';
import { manifestType } from '../_oci/media-types.ts';
import { pushText } from './blobs.ts';
import type { OciClient } from './client.ts';
import { foreignImage, madeHere } from './foreign.ts';
import { enter, lookUp } from './images.ts';
import { isOurs } from './tagged.ts';
import { pushDisk } from './push-disk.ts';
import { fileHeader, folderHeader, tarEnd } from './tar-headers.ts';

/** What an upload becomes instead of an image of ours. */
export const artifactExtra: Extra = {
  kind: 'text',
  choices: ['containerdisk'],
  help: '`containerdisk`: a container image with the disk in /disk, as KubeVirt and its CDI take it (qcow2 or raw)',
};

const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';
/** The user that QEMU runs as in KubeVirt. */
const owner = 107;

/** Where Go, and so the image specification, has other names for architectures than Linux. */
const goNames: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  i686: '386',
  armv7l: 'arm',
  loongarch64: 'loong64',
};
const goNameOf = (architecture = 'x86_64'): string => goNames[architectureOf(architecture)] ?? architecture;

/** Throws UNSUPPORTED for what KubeVirt does not start, or has no place for what is asked for: before anything is sent. */
export function checkContainerDisk({ content, into, handover, inParts }: UploadRequest): void {
  const { format, compression } = content.encoding;
  if (into !== undefined) throw unsupportedError('a container disk is a new image; --into fills images of imgctl');
  if (handover || inParts) throw unsupportedError('the disk has to be put into a container image');
  if ((format !== 'qcow2' && format !== 'raw') || compression !== undefined)
    throw unsupportedError(
      `a container disk is qcow2 or raw, not ${format}${compression === undefined ? '' : ` inside ${compression}`}`,
      { hint: 'Convert it on its way with --disk-format qcow2.' },
    );
  if (content.bytes === undefined)
    throw unsupportedError('the length of a container disk has to be known before it is sent', {
      hint: 'Upload a file of that format.',
    });
}

/** The archive with nothing but the disk in it. */
async function* archiveOf(disk: Bytes, path: string, bytes: number): Bytes {
  yield folderHeader('disk/', owner);
  yield fileHeader(path, bytes, owner);
  yield* disk;
  yield tarEnd(bytes);
}

const archiveBytes = (path: string, bytes: number): number =>
  folderHeader('disk/', owner).length + fileHeader(path, bytes, owner).length + bytes + tarEnd(bytes).length;

const fileNameOf = (tag: string, { format }: Encoding): string => `disk/${tag.slice(0, 80)}.${format === 'raw' ? 'img' : format}`;

/** What of a description has no place in a container image. */
const unkept = ({ tags = [], properties = {}, ...said }: Description): readonly string[] => [
  ...(tags.length > 0 ? ['tags'] : []),
  ...(Object.keys(properties).length > 0 ? ['properties'] : []),
  ...(['description', 'protected', 'hidden', 'minDiskBytes', 'minRamBytes'] as const).filter((field) => Boolean(said[field])),
];

/**
 * Puts a disk into the repository as KubeVirt's containerDisk: an image of one layer, in which the disk is a file of /disk. It is told
 * from those of other tools by its name and content id, which are annotations of its manifest.
 */
export async function writeContainerDisk(
  { home }: OciClient,
  { content, description, contentId }: Pick<UploadRequest, 'content' | 'description' | 'contentId'>,
  at: { readonly id: string; readonly before: string | undefined },
  call: Call,
): Promise<{ readonly digest: string; readonly image: ImageRecord }> {
  const { bytes: length = 0, encoding } = content;
  const lost = unkept(description);
  if (lost.length > 0)
    call.note({ kind: 'warning', message: `a container disk keeps no ${lost.join(', ')}: ${at.id} goes without` });
  const path = fileNameOf(at.id, encoding);
  const archive = hashed(() => archiveOf(content.open(), path, length));
  const bytes = archiveBytes(path, length);
  const { digest, size } = await pushDisk(home, { bytes, repeatable: content.repeatable, ...archive }, call);
  const sent = content.sent().digests.sha256;
  if (content.sha256 !== undefined && sent !== content.sha256)
    throw integrityError(`what was sent has the SHA-256 ${sent ?? ''}, expected ${content.sha256}`);
  const created = new Date().toISOString();
  const layer: Descriptor = { mediaType: layerType, digest, size };
  const config = {
    created,
    architecture: goNameOf(description.architecture),
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [digest] },
    history: [{ created, created_by: 'imgctl: container disk' }],
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: await pushText(home, configType, JSON.stringify(config), call),
    layers: [layer],
    annotations: {
      [createdName]: created,
      [titleName]: description.name,
      [madeHere]: digest,
      [contentIdProperty]: await contentId?.(),
    },
  };
  const text = JSON.stringify(manifest);
  await enter(home, at.id, text, at.before, call);
  const found = await lookUp(home, at.id, call);
  const image = found && !isOurs(found) ? foreignImage(home, found) : undefined;
  if (!image) throw providerError(`${home.shown}:${at.id} was written, but is not what was written`);
  // They are of the archive: what was sent is the disk.
  const { sizeBytes: _size, checksums: _checksums, ...rest } = image;
  return { digest: digestOf(text), image: rest };
}
