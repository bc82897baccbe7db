/** Where an image is in its life, in the words of imgctl; `providerStatus` keeps the provider's own. */
export const statuses = ['queued', 'pending', 'active', 'inactive', 'failed', 'deleting', 'deleted', 'unknown'] as const;
export type Status = (typeof statuses)[number];

export const visibilities = ['public', 'private', 'shared', 'community'] as const;
export type Visibility = (typeof visibilities)[number];

/** A region, store or folder in which the image lies, or is on its way to. `message` says why it failed, where the provider does. */
export interface PlaceState {
  readonly name: string;
  /** Id of the copy there, where each has its own. Absent: it is that of the image. */
  readonly id?: string;
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
 * What a driver says about an image. An absent field, or undefined, is one that the provider did not give; nothing is guessed.
 * Sizes are bytes; times are RFC 3339 in UTC with `Z`. `raw` is deep-equal to what came over the wire.
 */
export interface ImageRecord {
  readonly id: string;
  readonly name: string;
  /** Other names by which it is found, sorted. Absent: the provider has one name for an image. */
  readonly aliases?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly status: Status;
  readonly providerStatus: string;
  readonly visibility?: Visibility | undefined;
  readonly owner?: string | undefined;
  readonly protected?: boolean | undefined;
  readonly hidden?: boolean | undefined;
  readonly diskFormat?: string | undefined;
  readonly containerFormat?: string | undefined;
  readonly architecture?: string | undefined;
  readonly sizeBytes?: number | undefined;
  readonly virtualBytes?: number | undefined;
  readonly minDiskBytes?: number | undefined;
  readonly minRamBytes?: number | undefined;
  readonly checksums?: Readonly<Record<string, string>> | undefined;
  readonly tags: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly places: readonly PlaceState[];
  readonly createdAt?: string | undefined;
  readonly updatedAt?: string | undefined;
  readonly expiresAt?: string | undefined;
  readonly progress?: Progress | undefined;
  readonly contentId?: string | undefined;
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
  'aliases',
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

/** The property that carries a disk's content id where a provider keeps properties. */
export const contentIdProperty = 'imgctl.contentId';

/**
 * The property that says of which bytes that was recorded, as `sha512:HEX`. A cloud that makes a snapshot of a server hands the
 * properties of its image on, and then they stand on other bytes.
 */
export const contentOfProperty = 'imgctl.contentOf';

/**
 * What is kept with an image of its disk: the content id, where it is known, and the digest of the bytes by which the provider knows
 * it.
 */
export function contentProperties(
  contentId: string | undefined,
  checksums: Image['checksums'] = {},
): Readonly<Record<string, string>> {
  const algorithm = ['sha512', 'sha256'].find((name) => checksums[name] !== undefined);
  const of = algorithm === undefined ? {} : { [contentOfProperty]: `${algorithm}:${checksums[algorithm] ?? ''}` };
  return { ...(contentId === undefined ? {} : { [contentIdProperty]: contentId }), ...of };
}

/**
 * Whether two images cannot hold the same disk, whatever content ids are on record: of a raw disk there is but one form, so that
 * other sizes or digests are another disk.
 */
export function areOtherDisks(a: Bytes, b: Bytes): boolean {
  if (a.diskFormat !== 'raw' || b.diskFormat !== 'raw') return false;
  if (a.sizeBytes !== undefined && b.sizeBytes !== undefined && a.sizeBytes !== b.sizeBytes) return true;
  return Object.entries(a.checksums ?? {}).some(
    ([name, hex]) => (b.checksums?.[name] ?? hex).toLowerCase() !== hex.toLowerCase(),
  );
}

type Bytes = Pick<ImageRecord, 'diskFormat' | 'sizeBytes' | 'checksums'>;

/** Whether a property is one by which imgctl knows later what it has done, in any case: some providers do not tell cases apart. */
export const isOwnProperty = (name: string): boolean => /^imgctl\./i.test(name);

const utc = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z$/;
const withOffset = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?[+-]\d{2}:?\d{2}$/;
const contentIds = /^blocks-sha256:[0-9a-f]{64}$/;

/** A time as RFC 3339 in UTC; absent for a text that is no time: what the provider said is in `raw` all the same. */
function utcTime(text: string | undefined): string | undefined {
  // As nearly all are: to parse them would cost a long list a twentieth of its time.
  if (text === undefined || utc.test(text)) return text;
  return withOffset.test(text) && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : undefined;
}

/** Anybody may set a property of that name to anything; of other bytes than those that are there it says nothing. */
function contentIdOf(record: ImageRecord): string | undefined {
  const said = record.contentId ?? record.properties[contentIdProperty];
  return said !== undefined && contentIds.test(said) && !isOfOtherBytes(record) ? said : undefined;
}

/** Whether what is recorded of the content was recorded of other bytes than those that are there. */
export function isOfOtherBytes({ properties, checksums = {} }: Pick<ImageRecord, 'properties' | 'checksums'>): boolean {
  const [algorithm = '', hex = ''] = (properties[contentOfProperty] ?? '').split(':');
  return (checksums[algorithm] ?? hex).toLowerCase() !== hex.toLowerCase();
}

/**
 * Puts profile and provider on a driver's record. Tags are in order: some providers give them in another one each time.
 * Times that are none are left out. Every image has every field, in the
 * order of `imageFields`, undefined where the provider did not say: objects of one shape are made and printed in a fraction
 * of the time, and lists of a hundred thousand go through here.
 */
export function imageFrom(record: ImageRecord, at: { readonly profile: string; readonly provider: string }): Image {
  return {
    profile: at.profile,
    provider: at.provider,
    id: record.id,
    name: record.name,
    aliases: record.aliases,
    description: record.description,
    status: record.status,
    providerStatus: record.providerStatus,
    visibility: record.visibility,
    owner: record.owner,
    protected: record.protected,
    hidden: record.hidden,
    diskFormat: record.diskFormat,
    containerFormat: record.containerFormat,
    architecture: record.architecture,
    sizeBytes: record.sizeBytes,
    virtualBytes: record.virtualBytes,
    minDiskBytes: record.minDiskBytes,
    minRamBytes: record.minRamBytes,
    checksums: record.checksums,
    tags: record.tags.length > 1 ? record.tags.toSorted() : record.tags,
    properties: byName(record.properties),
    places: record.places.length > 1 ? record.places.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : record.places,
    createdAt: utcTime(record.createdAt),
    updatedAt: utcTime(record.updatedAt),
    expiresAt: utcTime(record.expiresAt),
    progress: record.progress,
    contentId: contentIdOf(record),
    raw: record.raw,
  };
}

/** The same properties by name: providers give them in another order each time. Nothing is copied where they are in order. */
function byName(properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let last = '';
  for (const name in properties) {
    if (name < last) return Object.fromEntries(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)));
    last = name;
  }
  return properties;
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
