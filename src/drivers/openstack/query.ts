import { isGlob } from '../../core/glob.ts';
import type { Filter, Filters, ListRequest, SortKey } from '../../core/operation.ts';
import { baseAttributes, providerStatuses } from './record.ts';

/**
 * Neutral filters that Glance applies just as we do. Others are sent too, as far as they narrow the answer without losing
 * an image, and are applied again by whoever asked: texts, because some databases compare them without regard to case;
 * times, because Glance keeps fractions of seconds that it does not show.
 */
export const exactFilters = [
  'status',
  'visibility',
  'owner',
  'diskFormat',
  'minSizeBytes',
  'maxSizeBytes',
] as const satisfies readonly Filter[];

/** Filters of Glance's under its own names (Image API v2, "List images"). */
export const ownFilters: Readonly<Record<string, string>> = {
  id: 'exact, or in:ID,ID',
  name: 'exact, or in:NAME,NAME',
  owner: 'project id',
  protected: 'true or false',
  status: "Glance's word, or in:WORD,WORD",
  tag: 'a tag that the image has',
  visibility: 'public, private, shared, community or all',
  os_hidden: 'true: only hidden images',
  member_status: 'pending, accepted, rejected or all: images shared with us in this state',
  size_min: 'bytes, at least',
  size_max: 'bytes, at most',
  min_disk: 'GiB',
  min_disk_min: 'GiB, at least',
  min_disk_max: 'GiB, at most',
  min_ram: 'MiB',
  min_ram_min: 'MiB, at least',
  min_ram_max: 'MiB, at most',
  created_at: 'gt:, gte:, lt:, lte:, eq: or neq: and a time, such as gte:2026-01-31T00:00:00Z',
  updated_at: 'gt:, gte:, lt:, lte:, eq: or neq: and a time',
  disk_format: 'exact, or in:FORMAT,FORMAT',
  container_format: 'exact, or in:FORMAT,FORMAT',
  checksum: 'MD5 of the data',
  os_hash_algo: 'sha512 as a rule',
  os_hash_value: 'hash of the data',
};

/** Image fields by which Glance sorts, by its names for them. */
export const sortNames: Readonly<Record<string, string>> = {
  id: 'id',
  name: 'name',
  sizeBytes: 'size',
  diskFormat: 'disk_format',
  containerFormat: 'container_format',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};

/** Parameters that are no filter. A property of such a name cannot be asked for. */
const taken = new Set([...Object.keys(ownFilters), 'limit', 'marker', 'sort', 'sort_key', 'sort_dir', 'changes-since']);

/** What would be taken for something else there, or is no text there, is looked for here alone. */
const isAskable = ([name, value]: readonly [string, string]): boolean =>
  !taken.has(name) && !baseAttributes.has(name) && !/^[[{]/.test(value);

const secondMs = 1000;
/** Glance compares with the whole time, which it shows without its fraction: the bounds are widened to whole seconds. */
const floorSecond = (time: string): string => iso(Math.floor(Date.parse(time) / secondMs));
const ceilSecond = (time: string): string => iso(Math.ceil(Date.parse(time) / secondMs));
const iso = (seconds: number): string => new Date(seconds * secondMs).toISOString().replace('.000Z', 'Z');

const anyOf = (words: readonly string[]): string => (words.length === 1 ? (words[0] ?? '') : `in:${words.join(',')}`);

/** Oddity: what stands before a colon is read as an operator, whatever it is; one that is given ends at the first colon. */
const exactName = (name: string): string => (name.includes(':') ? `eq:${name}` : name);

function created(filters: Filters): string | undefined {
  // Oddity: of two bounds on the same time Glance takes the last only.
  if (filters.createdAfter !== undefined) return `gte:${floorSecond(filters.createdAfter)}`;
  return filters.createdBefore === undefined ? undefined : `lte:${ceilSecond(filters.createdBefore)}`;
}

function narrowed(filters: Filters): readonly (readonly [string, string | undefined])[] {
  const statuses = filters.status === undefined ? [] : providerStatuses(filters.status);
  return [
    ['name', filters.name === undefined || isGlob(filters.name) ? undefined : exactName(filters.name)],
    ['status', statuses.length === 0 ? undefined : anyOf(statuses)],
    ['visibility', filters.visibility],
    ['owner', filters.owner],
    ['disk_format', filters.diskFormat],
    ['size_min', filters.minSizeBytes?.toString()],
    ['size_max', filters.maxSizeBytes?.toString()],
    ['created_at', created(filters)],
    ...(filters.tags ?? []).map((tag) => ['tag', tag] as const),
    ...Object.entries(filters.properties ?? {}).filter(isAskable),
  ];
}

const sorting = (keys: readonly SortKey[]): string =>
  keys.map(({ field, descending }) => `${sortNames[field] ?? field}:${descending ? 'desc' : 'asc'}`).join(',');

/** Whether the caller chose in Glance's own words whose images are meant: then nothing is left out behind that. */
export const choosesOwners = ({ own }: ListRequest): boolean => 'owner' in own || 'visibility' in own || 'member_status' in own;

/** The order that Glance has of its own, said aloud: ids make it a total one, whose reverse can be asked for. */
export const newestFirst = 'created_at:desc,id:desc';
export const oldestFirst = 'created_at:asc,id:asc';

/** The query of a list, without paging. `ownedBy`: only images of this project. */
export function listQuery(request: ListRequest, ownedBy?: string): URLSearchParams {
  const { filters, own, scope, sort } = request;
  const query = new URLSearchParams();
  for (const [name, value] of narrowed(filters)) if (value !== undefined && !Object.hasOwn(own, name)) query.append(name, value);
  for (const [name, value] of Object.entries(own)) query.set(name, value);
  // Several tags are ANDed there; several times are not, and are compared here.
  for (const [name, value] of request.ownToo ?? []) if (name === 'tag') query.append(name, value);
  // Glance looks at the state of a membership only among shared images.
  if ('member_status' in own && !query.has('visibility')) query.set('visibility', 'shared');
  if (ownedBy !== undefined && !query.has('owner')) query.set('owner', ownedBy);
  // Oddity: without this, community images are not among "all that can be seen".
  if (scope !== 'mine' && !query.has('visibility')) query.set('visibility', 'all');
  query.set('sort', sort && sort.length > 0 ? sorting(sort) : newestFirst);
  return query;
}
