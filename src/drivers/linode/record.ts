import { providerError } from '../../core/errors.ts';
import { given, type ImageRecord, type PlaceState, type Status, type Visibility } from '../../core/image.ts';
import { isObject, objectsIn, textIn, type JsonObject } from '../../core/json.ts';

const mebibyte = 1024 * 1024;

/** https://techdocs.akamai.com/linode-api/reference/get-image: there is no state for an image that failed. */
const statuses: Readonly<Record<string, Status>> = { creating: 'pending', pending_upload: 'queued', available: 'active' };

/** Oddity: these words contain spaces, and `timedout` is in no specification. */
const placeStatuses: Readonly<Record<string, Status>> = {
  available: 'active',
  creating: 'pending',
  pending: 'pending',
  'pending replication': 'pending',
  replicating: 'pending',
  'pending deletion': 'deleting',
  timedout: 'failed',
};

const look = (table: Readonly<Record<string, Status>>, word: string | undefined): Status =>
  word !== undefined && Object.hasOwn(table, word) ? (table[word] ?? 'unknown') : 'unknown';

/** The neutral record of an image. Throws PROVIDER when it is no object with an id. */
export function recordFrom(wire: unknown, what: string): ImageRecord {
  const id = isObject(wire) ? textIn(wire.id) : undefined;
  if (!isObject(wire) || id === undefined) throw providerError(`${what}: the answer has no image with an id`);
  const providerStatus = textIn(wire.status);
  return {
    id,
    name: textIn(wire.label) ?? '',
    status: look(statuses, providerStatus),
    providerStatus: providerStatus ?? '',
    tags: Array.isArray(wire.tags) ? wire.tags.filter((tag) => typeof tag === 'string') : [],
    properties: {},
    places: objectsIn(wire.regions).flatMap(placeOf),
    ...given<Partial<ImageRecord>>({
      description: textIn(wire.description),
      visibility: visibilityOf(wire),
      sizeBytes: sizeOf(wire.size),
      createdAt: timeOf(wire.created),
      updatedAt: timeOf(wire.updated),
      expiresAt: timeOf(wire.expiry),
    }),
    raw: wire,
  };
}

function placeOf(region: JsonObject): readonly PlaceState[] {
  const name = textIn(region.region);
  if (name === undefined) return [];
  const word = textIn(region.status);
  return [{ name, status: look(placeStatuses, word), ...given<Partial<PlaceState>>({ providerStatus: word }) }];
}

/** Whether the image of this id is another account's, which shares it with this one. */
export const isSharedByOthers = (id: string): boolean => id.startsWith('shared/');
export const isOthers = (wire: JsonObject): boolean => wire.type === 'shared' || isSharedByOthers(textIn(wire.id) ?? '');

/**
 * Oddity: images that others share with us have null for `is_shared`, and are known by their type and id. On our own it is a
 * boolean (the specification says a text), and stays true when the last share has ended: then the count of groups is 0.
 */
function visibilityOf(wire: JsonObject): Visibility | undefined {
  if (wire.is_public === true) return 'public';
  if (isOthers(wire)) return 'shared';
  if ((wire.is_shared === true || wire.is_shared === 'true') && groupsOf(wire) !== 0) return 'shared';
  return wire.is_public === false ? 'private' : undefined;
}

/** With how many groups an image is shared; absent if that is not said. */
function groupsOf(wire: JsonObject): unknown {
  const sharing = isObject(wire.image_sharing) ? wire.image_sharing.shared_with : undefined;
  return isObject(sharing) ? sharing.sharegroup_count : undefined;
}

/** Oddity: sizes are whole MB, also `total_size`, of which the specification says bytes. */
function sizeOf(megabytes: unknown): number | undefined {
  if (typeof megabytes !== 'number' || megabytes < 0) return undefined;
  const bytes = megabytes * mebibyte;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Oddity: times carry no zone and are UTC; a reader who does not know takes them for local time. */
function timeOf(value: unknown): string | undefined {
  const time = textIn(value);
  if (time === undefined || time === '') return undefined;
  return /(Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`;
}
