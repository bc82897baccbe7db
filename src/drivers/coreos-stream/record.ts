import { given, type ImageRecord } from '../../core/image.ts';
import { textIn } from '../../core/json.ts';
import type { Digests } from '../../core/operation.ts';
import { provenanceProperties } from '../../core/provenance.ts';
import { dayIn } from '../_published/day.ts';
import type { CoreosClient } from './client.ts';
import type { StreamImage } from './images.ts';

function sha256In(value: unknown): Digests {
  const hex = textIn(value)?.toLowerCase();
  return hex !== undefined && /^[0-9a-f]{64}$/.test(hex) ? { sha256: hex } : {};
}

/** Of the file as it is published. */
export const digestsOf = ({ raw }: StreamImage): Digests => sha256In(raw.sha256);
/** Of the disk in it, once it is unpacked. */
export const uncompressedDigestsOf = ({ raw }: StreamImage): Digests => sha256In(raw['uncompressed-sha256']);

export const addressOf = ({ mirror }: CoreosClient, { location }: StreamImage): URL =>
  mirror ? new URL(mirror.href + location.pathname.replace(/^\/+/, '')) : location;

/** The neutral record of a disk. A stream says neither how long its files are nor how large their disks. */
export function recordFrom(client: CoreosClient, image: StreamImage): ImageRecord {
  const checksums = digestsOf(image);
  return {
    id: image.id,
    name: image.name,
    status: 'active',
    providerStatus: 'published',
    visibility: 'public',
    tags: [],
    properties: propertiesOf(client, image, checksums),
    places: [],
    ...given<Partial<ImageRecord>>({
      diskFormat: image.disk.encoding?.format,
      architecture: image.architecture,
      checksums: Object.keys(checksums).length === 0 ? undefined : checksums,
      createdAt: dayIn(image.serial),
    }),
    raw: image.raw,
  };
}

/** What users of images elsewhere look for; a copy takes it along. */
function propertiesOf(client: CoreosClient, image: StreamImage, { sha256 }: Digests): Readonly<Record<string, string>> {
  const { name, serial, stream, platform } = image;
  // Files are called DISTRIBUTION-RELEASE-PLATFORM, and releases VERSION.DATE.….
  const os = name.includes(`-${serial}`) ? name.slice(0, name.indexOf(`-${serial}`)) : undefined;
  const told = given<Record<string, string>>({
    os_distro: os,
    os_version: /^(.+?)\.\d{8}/.exec(serial)?.[1],
    os_type: 'linux',
    release: stream,
    variant: platform,
  });
  const proved = provenanceProperties({
    url: addressOf(client, image).href,
    digest: sha256 === undefined ? undefined : `sha256:${sha256}`,
    serial,
  });
  return { ...(told as Record<string, string>), ...proved };
}
