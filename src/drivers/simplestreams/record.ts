import { given, type ImageRecord } from '../../core/image.ts';
import type { Digests } from '../../core/operation.ts';
import { provenanceProperties } from '../../core/provenance.ts';
import { bytesIn } from '../_published/json.ts';
import { osType } from '../_published/os-type.ts';
import { attributeOf, textOf } from './attributes.ts';
import type { StreamsClient } from './client.ts';
import { encodingOf } from './disk-types.ts';
import type { Disk } from './disks.ts';

const digestLengths = { sha512: 128, sha256: 64, md5: 32 } as const;

/** The digests of the file as it is published, the strongest first. */
export const digestsOf = ({ layers }: Disk): Digests =>
  Object.fromEntries(
    Object.entries(digestLengths).flatMap(([name, length]) => {
      const hex = textOf(layers, name)?.toLowerCase();
      return hex?.length === length && /^[\da-f]+$/.test(hex) ? [[name, hex]] : [];
    }),
  );

export const addressOf = ({ files }: StreamsClient, { path }: Disk): URL => new URL(files.href + path);
export const sizeOf = ({ layers }: Disk): number | undefined => bytesIn(attributeOf(layers, 'size'));

/** The neutral record of a disk. Nobody publishes how large a disk is inside, or what it needs. */
export function recordFrom(client: StreamsClient, disk: Disk, today: string): ImageRecord {
  const { layers } = disk;
  const end = /^\d{4}-\d{2}-\d{2}$/.exec(textOf(layers, 'support_eol') ?? '')?.[0];
  const checksums = digestsOf(disk);
  return {
    id: disk.id,
    name: disk.name,
    status: 'active',
    providerStatus: supportOf(disk, end, today),
    visibility: 'public',
    tags: [],
    properties: propertiesOf(client, disk, checksums),
    places: [],
    ...given<Partial<ImageRecord>>({
      diskFormat: encodingOf(disk.ftype)?.format,
      architecture: disk.architecture,
      sizeBytes: sizeOf(disk),
      checksums: Object.keys(checksums).length === 0 ? undefined : checksums,
      createdAt: timeIn(disk.version.serial),
      expiresAt: end === undefined ? undefined : `${end}T00:00:00Z`,
    }),
    raw: layers[0] ?? {},
  };
}

export const isUnsupported = ({ layers }: Disk): boolean => /^false$/i.test(String(attributeOf(layers, 'supported')));

/** What is past its end can be fetched all the same. */
function supportOf(disk: Disk, end: string | undefined, today: string): string {
  if (end !== undefined && end < today) return 'end-of-life';
  return isUnsupported(disk) ? 'unsupported' : 'supported';
}

/** A serial begins with a day; image servers have the minute behind it. */
function timeIn(serial: string): string | undefined {
  const [, year = '', month = '', day = '', hour = '00', minute = '00'] =
    /^(\d{4})(\d{2})(\d{2})(?:_(\d{2}):(\d{2})$)?/.exec(serial) ?? [];
  const time = `${year}-${month}-${day}T${hour}:${minute}:00Z`;
  return Number.isNaN(Date.parse(time)) ? undefined : time;
}

/** What users of images elsewhere look for; a copy takes it along. */
function propertiesOf(client: StreamsClient, disk: Disk, checksums: Digests): Readonly<Record<string, string>> {
  const { layers, key } = disk;
  const { product, serial, signer } = disk.version;
  const text = (name: string): string | undefined => {
    const value = attributeOf(layers, name);
    return value === undefined || value === '' ? undefined : String(value);
  };
  const os = text('os')?.toLowerCase();
  const algorithm = ['sha512', 'sha256'].find((name) => checksums[name] !== undefined);
  const told = given<Record<string, string>>({
    os_distro: os,
    os_version: text('version'),
    os_type: os === undefined ? undefined : osType(os),
    product_name: product,
    version_name: serial,
    item_name: key,
    source_content_id: text('content_id'),
    label: text('label'),
    release: text('release'),
  });
  const proved = provenanceProperties({
    url: addressOf(client, disk).href,
    digest: algorithm === undefined ? undefined : `${algorithm}:${checksums[algorithm] ?? ''}`,
    signer: signer?.fingerprint,
    serial,
  });
  return { ...(told as Record<string, string>), ...proved };
}
