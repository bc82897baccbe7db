import { given, type ImageRecord } from '../../core/image.ts';
import type { Digests } from '../../core/operation.ts';
import { provenanceProperties } from '../../core/provenance.ts';
import { osType } from '../_published/os-type.ts';
import { dayIn } from '../_published/day.ts';
import type { ChecksumsClient } from './client.ts';
import type { PublishedImage } from './images.ts';

/** Digests that cannot be forged. */
export function reliableDigests({ file }: PublishedImage): Digests {
  const { md5: _md5, sha1: _sha1, ...reliable } = file.digests;
  return reliable;
}

/** The neutral record of an image. Nobody publishes how large a disk is inside. */
export function recordFrom(client: ChecksumsClient, image: PublishedImage, today: string): ImageRecord {
  const { folder, file, disk, serial } = image;
  const end = folder.release?.end;
  return {
    id: image.id,
    name: image.name,
    status: 'active',
    providerStatus: end !== undefined && end < today ? 'end-of-life' : 'published',
    visibility: 'public',
    tags: [],
    properties: propertiesOf(client, image),
    places: [],
    ...given<Partial<ImageRecord>>({
      diskFormat: disk.encoding?.format,
      architecture: image.architecture,
      sizeBytes: file.bytes,
      checksums: Object.keys(file.digests).length === 0 ? undefined : file.digests,
      createdAt: dayIn(serial ?? ''),
      expiresAt: end === undefined ? undefined : `${end}T00:00:00Z`,
    }),
    raw: file.raw,
  };
}

/** What users of images elsewhere look for; a copy takes it along. */
function propertiesOf({ layout: { os, properties } }: ChecksumsClient, image: PublishedImage): Readonly<Record<string, string>> {
  const { folder, file, version, variant, serial } = image;
  const reliable = reliableDigests(image);
  const algorithm = ['sha512', 'sha384', 'sha256'].find((name) => reliable[name] !== undefined);
  const told = given<Record<string, string>>({
    os_distro: os,
    os_version: version,
    os_type: os === undefined ? undefined : osType(os),
    release: folder.release?.word,
    variant,
  });
  const proved = provenanceProperties({
    url: file.url.href,
    digest: algorithm === undefined ? undefined : `${algorithm}:${reliable[algorithm] ?? ''}`,
    signer: file.signer?.fingerprint,
    serial,
  });
  return { ...(told as Record<string, string>), ...properties, ...proved };
}
