import { architectureOf } from '../../core/architecture.ts';
import { providerError } from '../../core/errors.ts';
import { given, contentIdProperty, type ImageRecord, type PlaceState, type Status, type Visibility } from '../../core/image.ts';
import { objectIn, rowsIn, textIn, type XmlObject } from './xml.ts';

export const gib = 1024 ** 3;

/** The tag that says how long a disk is: volumes are whole GiB. */
export const bytesTag = 'imgctl.bytes';
/** What the tag begins with that says which copy of an image lies in a region. */
export const placeTag = 'imgctl.place.';

/** Tags by which this driver knows later what it has done: they are of no meaning elsewhere. */
export const isDriversTag = (name: string): boolean => name === bytesTag || name.startsWith(placeTag);

const statuses: Readonly<Record<string, Status>> = {
  pending: 'pending',
  transient: 'pending',
  available: 'active',
  disabled: 'inactive',
  failed: 'failed',
  error: 'failed',
  invalid: 'failed',
  deregistered: 'deleted',
};

export const statusOf = (state: string): Status => (Object.hasOwn(statuses, state) ? (statuses[state] ?? 'unknown') : 'unknown');

export const tagsOf = (wire: XmlObject): ReadonlyMap<string, string> =>
  new Map(
    rowsIn(wire.tagSet).flatMap((row) => {
      const key = textIn(row.key);
      return key ? [[key, textIn(row.value) ?? ''] as const] : [];
    }),
  );

/** The disk that a machine starts from: the entry of the mapping with the name of the root. Absent: an image of the old kind has none. */
export function rootDisk(wire: XmlObject, device = textIn(wire.rootDeviceName)): XmlObject | undefined {
  const found = rowsIn(wire.blockDeviceMapping).find((row) => textIn(row.deviceName) === device);
  return found && textIn(objectIn(found.ebs).snapshotId) !== undefined ? objectIn(found.ebs) : undefined;
}

/** Snapshots in which the disks of an image lie. */
export const snapshotsOf = (wire: XmlObject): readonly string[] =>
  rowsIn(wire.blockDeviceMapping).flatMap((row) => textIn(objectIn(row.ebs).snapshotId) || []);

/** Bytes of the volume that a disk becomes. */
function volumeBytes(disk: XmlObject | undefined): number | undefined {
  const size = textIn(disk?.volumeSize);
  return size !== undefined && /^\d{1,5}$/.test(size) ? Number(size) * gib : undefined;
}

/** Bytes of the disk as it was uploaded, where that is told and fits into the volume; else those of the volume. */
export function diskBytes(wire: XmlObject): number | undefined {
  const volume = volumeBytes(rootDisk(wire));
  const told = tagsOf(wire).get(bytesTag);
  const bytes = told !== undefined && /^\d{1,15}$/.test(told) ? Number(told) : 0;
  return bytes > 0 && volume !== undefined && bytes <= volume ? bytes : volume;
}

/** Whose an image is, as far as the way it was found tells; and in which region it was. */
export interface Found {
  readonly region: string;
  /** `own`: this account's. Absent: not known. */
  readonly whose?: 'own' | 'others';
  /** Whether others were given it. Absent: not asked. */
  readonly isShared?: boolean;
  /** Copies in other regions. */
  readonly copies?: readonly PlaceState[];
}

function visibilityOf(wire: XmlObject, { whose, isShared }: Found): Visibility | undefined {
  if (wire.isPublic === 'true') return 'public';
  if (whose === 'others') return 'shared';
  return isShared === undefined ? undefined : isShared ? 'shared' : 'private';
}

/** `enabled-without-cooldown`, `enabled-with-cooldown`; `disabled after TIME` is protected until then. */
function isProtected(said: string | undefined): boolean | undefined {
  return said === undefined ? undefined : said.startsWith('enabled') || said.startsWith('disabled after');
}

const reasonOf = (wire: XmlObject): string | undefined => {
  const { code, message } = objectIn(wire.stateReason);
  return textIn(message) || textIn(code) || undefined;
};

/** An image as EC2 says it (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html). Throws PROVIDER for what is none. */
export function recordFrom(wire: XmlObject, found: Found): ImageRecord {
  const id = textIn(wire.imageId);
  const state = textIn(wire.imageState);
  if (!id || !state) throw providerError('the answer holds an image without an id or a state');
  const status = statusOf(state);
  const tags = [...tagsOf(wire)].filter(([name]) => !isDriversTag(name));
  const message = reasonOf(wire);
  const disk = rootDisk(wire);
  return {
    id,
    // Oddity: images may have none.
    name: textIn(wire.name) ?? '',
    status,
    providerStatus: state,
    tags: tags.filter(([, value]) => value === '').map(([name]) => name),
    properties: Object.fromEntries(tags.filter(([, value]) => value !== '')),
    places: [
      { name: found.region, id, status, providerStatus: state, ...(status === 'failed' && message ? { message } : {}) },
      ...(found.copies ?? []),
    ],
    raw: wire,
    ...given<ImageRecord>({
      description: textIn(wire.description),
      visibility: visibilityOf(wire, found),
      owner: textIn(wire.imageOwnerId),
      protected: isProtected(textIn(wire.deregistrationProtection)),
      diskFormat: disk ? 'raw' : undefined,
      architecture: wire.architecture === undefined ? undefined : architectureOf(textIn(wire.architecture) ?? ''),
      virtualBytes: diskBytes(wire),
      minDiskBytes: volumeBytes(disk),
      createdAt: textIn(wire.creationDate),
      expiresAt: textIn(wire.deprecationTime),
      progress: message === undefined ? undefined : { message },
      contentId: tagsOf(wire).get(contentIdProperty),
    }),
  };
}
