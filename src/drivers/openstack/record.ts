import { visibilities, type ImageRecord, type PlaceState, type Status } from '../../core/image.ts';
import type { JsonObject } from '../../core/json.ts';
import { asText, textIn, textsIn, timeIn, wordsIn } from './json.ts';

export const gib = 1024 ** 3;
export const mib = 1024 ** 2;

/** Glance's words for where an image is in its life (Image API v2, "Image statuses"). */
const statusWords: Readonly<Record<string, Status>> = {
  queued: 'queued',
  saving: 'pending',
  uploading: 'pending',
  importing: 'pending',
  active: 'active',
  deactivated: 'inactive',
  killed: 'failed',
  pending_delete: 'deleting',
  deleted: 'deleted',
};

/** Glance's words behind one of ours; a word we do not have is Glance's own already. None: what we call unknown is any other word. */
export function providerStatuses(status: string): readonly string[] {
  if (status === 'unknown') return [];
  const words = Object.keys(statusWords).filter((word) => statusWords[word] === status);
  return words.length > 0 ? words : [status];
}

/** Attributes of an image that Glance itself defines: none of them is a property. */
export const baseAttributes: ReadonlySet<string> = new Set([
  'id',
  'name',
  'status',
  'visibility',
  'protected',
  'os_hidden',
  'owner',
  'size',
  'virtual_size',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'container_format',
  'disk_format',
  'min_disk',
  'min_ram',
  'tags',
  'stores',
  'locations',
  'direct_url',
  'created_at',
  'updated_at',
  'self',
  'file',
  'schema',
]);

/** Names that no property of a user's can have. */
export const reservedNames = new RegExp(`^(?:os_glance_.*|${[...baseAttributes].join('|')})$`);

/** Properties by which Nova, Cinder and Glance find other images, servers, volumes' snapshots and keys of the same cloud. */
export const cloudReferences =
  /^(?:kernel_id|ramdisk_id|base_image_ref|instance_uuid|block_device_mapping|bdm_v2|cinder_encryption_key_\w+|img_signature\w*)$/;

/** Properties that an image has fields for. */
const fieldProperties: ReadonlySet<string> = new Set(['description', 'architecture']);

/** Oddity: what Glance notes about imports stands among the properties, under names nobody else may set. */
export const isReserved = (name: string): boolean => name.startsWith('os_glance_');

/** Stores into which an import is writing, and those it could not write. */
export const importingTo = (wire: JsonObject): readonly string[] => wordsIn(wire.os_glance_importing_to_stores);
export const failedIn = (wire: JsonObject): readonly string[] => wordsIn(wire.os_glance_failed_import);

/** Some services write truths and numbers as text. */
const flagIn = (value: unknown): boolean | undefined =>
  typeof value === 'boolean' ? value : typeof value === 'string' && /^(true|false)$/i.test(value) ? /^t/i.test(value) : undefined;

/** Absent too where it is negative or beyond exact numbers: Glance copies `virtual_size` out of the disk's header, whatever stands there. */
function scaled(value: unknown, unit: number): number | undefined {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && number >= 0 && Number.isSafeInteger(number * unit) ? number * unit : undefined;
}

/** What Glance says about an image. Its nulls are absent here; `min_disk` is GiB there and `min_ram` MiB. */
export function recordFrom(wire: JsonObject): ImageRecord {
  const status = textIn(wire.status) ?? '';
  return {
    id: asText(wire.id) ?? '',
    name: textIn(wire.name) ?? '',
    description: asText(wire.description),
    status: statusWords[status] ?? 'unknown',
    providerStatus: status,
    visibility: visibilities.find((word) => word === wire.visibility),
    owner: textIn(wire.owner),
    protected: flagIn(wire.protected),
    hidden: flagIn(wire.os_hidden),
    diskFormat: textIn(wire.disk_format),
    containerFormat: textIn(wire.container_format),
    architecture: asText(wire.architecture),
    sizeBytes: scaled(wire.size, 1),
    virtualBytes: scaled(wire.virtual_size, 1),
    minDiskBytes: scaled(wire.min_disk, gib),
    minRamBytes: scaled(wire.min_ram, mib),
    checksums: checksumsOf(wire),
    tags: textsIn(wire.tags),
    properties: propertiesOf(wire),
    places: placesOf(wire),
    createdAt: timeIn(wire.created_at),
    updatedAt: timeIn(wire.updated_at),
    raw: wire,
  };
}

function propertiesOf(wire: JsonObject): Readonly<Record<string, string>> {
  const own: (readonly [string, string])[] = [];
  for (const name of Object.keys(wire)) {
    if (baseAttributes.has(name) || fieldProperties.has(name) || isReserved(name)) continue;
    const value = wire[name];
    const text = typeof value === 'string' ? value : asText(value);
    if (text !== undefined) own.push([name, text]);
  }
  return Object.fromEntries(own);
}

function placesOf(wire: JsonObject): readonly PlaceState[] {
  const there = wordsIn(wire.stores);
  if (wire.os_glance_importing_to_stores === undefined && wire.os_glance_failed_import === undefined)
    return there.map((name) => ({ name, status: 'active' }));
  const absent = (name: string) => !there.includes(name);
  const failed = failedIn(wire).filter(absent);
  return [
    ...there.map((name) => ({ name, status: 'active' as const })),
    ...importingTo(wire)
      .filter((name) => absent(name) && !failed.includes(name))
      .map((name) => ({ name, status: 'pending' as const, providerStatus: 'importing' })),
    ...failed.map((name) => ({ name, status: 'failed' as const, providerStatus: 'failed' })),
  ];
}

function checksumsOf(wire: JsonObject): Readonly<Record<string, string>> | undefined {
  const algorithm = textIn(wire.os_hash_algo);
  const value = textIn(wire.os_hash_value);
  const md5 = textIn(wire.checksum);
  const isHashed = algorithm !== undefined && value !== undefined;
  if (!isHashed && md5 === undefined) return undefined;
  return { ...(isHashed ? { [algorithm]: value } : {}), ...(md5 === undefined ? {} : { md5 }) };
}
