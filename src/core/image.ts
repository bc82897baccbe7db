/** Where an image is in its life, in the words of imgctl; `providerStatus` keeps the provider's own. */
export const statuses = ['queued', 'pending', 'active', 'inactive', 'failed', 'deleting', 'deleted', 'unknown'] as const;
export type Status = (typeof statuses)[number];

export const visibilities = ['public', 'private', 'shared', 'community'] as const;
export type Visibility = (typeof visibilities)[number];

/** A region, store or folder in which the image lies, or is on its way to. `message` says why it failed, where the provider does. */
export interface PlaceState {
  readonly name: string;
  readonly status: Status;
  readonly providerStatus?: string;
  readonly message?: string;
}

/** Work at the provider that is still going on, or how it failed. */
export interface Progress {
  readonly percent?: number;
  readonly message?: string;
}

/**
 * What a driver says about an image. An absent field is one that the provider did not give; nothing is guessed.
 * Sizes are bytes; times are RFC 3339 in UTC with `Z`. `raw` is deep-equal to what came over the wire.
 */
export interface ImageRecord {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly status: Status;
  readonly providerStatus: string;
  readonly visibility?: Visibility;
  readonly owner?: string;
  readonly protected?: boolean;
  readonly hidden?: boolean;
  readonly diskFormat?: string;
  readonly containerFormat?: string;
  readonly architecture?: string;
  readonly sizeBytes?: number;
  readonly virtualBytes?: number;
  readonly minDiskBytes?: number;
  readonly minRamBytes?: number;
  readonly checksums?: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly places: readonly PlaceState[];
  readonly createdAt?: string;
  readonly updatedAt?: string;
  readonly expiresAt?: string;
  readonly progress?: Progress;
  readonly contentId?: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** The neutral image: a driver's record, with the profile and the provider it was read from. */
export interface Image extends ImageRecord {
  readonly profile: string;
  readonly provider: string;
}

/** The fields of an image in the order in which they are printed; `raw` is printed only on request. */
export const imageFields = [
  'profile',
  'provider',
  'id',
  'name',
  'description',
  'status',
  'providerStatus',
  'visibility',
  'owner',
  'protected',
  'hidden',
  'diskFormat',
  'containerFormat',
  'architecture',
  'sizeBytes',
  'virtualBytes',
  'minDiskBytes',
  'minRamBytes',
  'checksums',
  'tags',
  'properties',
  'places',
  'createdAt',
  'updatedAt',
  'expiresAt',
  'progress',
  'contentId',
] as const satisfies readonly (keyof Image)[];

/** The same without those that are not the driver's to say, or that are looked for in two places. */
const recordFields = imageFields.filter((field) => field !== 'profile' && field !== 'provider' && field !== 'contentId');

/** The property that carries a disk's content id where a provider keeps properties. */
export const contentIdProperty = 'imgctl.contentId';

const times = ['createdAt', 'updatedAt', 'expiresAt'] as const;
const utc = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const withOffset = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?[+-]\d{2}:?\d{2}$/;
const contentIds = /^blocks-sha256:[0-9a-f]{64}$/;

/** A time as RFC 3339 in UTC; absent for a text that is no time: what the provider said is in `raw` all the same. */
function utcTime(text: string): string | undefined {
  if (Number.isNaN(Date.parse(text))) return undefined;
  if (utc.test(text)) return text;
  return withOffset.test(text) ? new Date(text).toISOString() : undefined;
}

/** Puts profile and provider on a driver's record; fields come out in the order of `imageFields`. Times that are none are left out. */
export function imageFrom(record: ImageRecord, at: { readonly profile: string; readonly provider: string }): Image {
  // Lists of a hundred thousand go through here: no intermediate lists.
  const ordered: Record<string, unknown> = { profile: at.profile, provider: at.provider };
  for (const field of recordFields) if (record[field] !== undefined) ordered[field] = record[field];
  const contentId = record.contentId ?? record.properties[contentIdProperty];
  // Anybody may set a property of that name to anything.
  if (contentId !== undefined && contentIds.test(contentId)) ordered.contentId = contentId;
  for (const field of times) {
    const said = record[field];
    if (said === undefined) continue;
    const time = utcTime(said);
    if (time === undefined) delete ordered[field];
    else ordered[field] = time;
  }
  ordered.raw = record.raw;
  return ordered as object as Image;
}

/** Drops fields whose value is undefined or null: the provider did not say. */
export function given<T extends object>(fields: { [K in keyof T]?: T[K] | undefined | null }): Partial<T> {
  const kept: Partial<T> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined && value !== null) kept[name] = value;
  }
  return kept;
}
