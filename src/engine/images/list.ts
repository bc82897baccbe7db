import { notFoundError, usageError } from '../../core/errors.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import { matches } from '../../core/filter.ts';
import type { Image } from '../../core/image.ts';
import type { Call, Filter, Filters, ListRequest, SortKey } from '../../core/operation.ts';
import { inOrder } from './merge.ts';
import type { Account } from '../account/account.ts';
import { ownerNamed } from '../account/owner.ts';

export interface Listing {
  readonly filters: Filters;
  /** The provider's own filters, in the order in which they were given. */
  readonly own: readonly (readonly [name: string, value: string])[];
  readonly scope: ListRequest['scope'];
  readonly hidden: boolean;
  readonly sort: readonly SortKey[];
  readonly limit?: number;
  readonly after?: string;
}

/** Everything of the caller's, unfiltered. */
export const wholeListing: Listing = { filters: {}, own: [], scope: 'mine', hidden: false, sort: [] };

/**
 * The images asked for, whatever the provider can do itself: what it cannot filter, sort, cut or begin behind is done here.
 * Nothing is gathered unless it must be sorted here. Throws USAGE, at once, for a provider's own filter that it does not have.
 */
export function listing(at: Account, wanted: Listing, call: Call): AsyncIterable<Image> {
  const { own, ownToo } = ownFilters(at, wanted.own);
  const list = at.verb('list');
  const left = Object.keys(wanted.filters).filter((name) => !list.filters.includes(name as Filter));
  const sortedThere = wanted.sort.every((key) => list.sorts?.includes(key.field));
  const afterThere = wanted.after === undefined || (list.after === true && sortedThere);
  const cutThere = left.length === 0 && sortedThere && afterThere && wanted.scope === 'all' && ownToo.length === 0;
  const { filters, scope, hidden } = wanted;
  const passing = (asked: Pick<ListRequest, 'sort' | 'after' | 'limit'>): AsyncIterable<Image> => {
    const found = list.run({ filters, own, ...(ownToo.length > 0 ? { ownToo } : {}), scope, hidden, ...asked }, call);
    return isEmpty(filters) ? found : only(found, (image) => matches(image, filters));
  };
  const asksOrder = wanted.sort.length > 0 && sortedThere;
  const asked = passing({
    ...(asksOrder ? { sort: wanted.sort } : {}),
    ...(wanted.after !== undefined && afterThere ? { after: wanted.after } : {}),
    // Of one row nobody can tell whether it is the first.
    ...(wanted.limit !== undefined && cutThere ? { limit: asksOrder ? Math.max(wanted.limit, 2) : wanted.limit } : {}),
  });
  const here = (images: AsyncIterable<Image>): AsyncIterable<Image> => sortImages(images, wanted.sort);
  const again = (): AsyncIterable<Image> => {
    const all = here(passing({}));
    return wanted.after !== undefined && afterThere ? startBehind(all, wanted.after) : all;
  };
  const sorted = asksOrder ? inOrder(asked, wanted.sort, again) : sortedThere ? asked : here(asked);
  const behind = afterThere || wanted.after === undefined ? sorted : startBehind(sorted, wanted.after);
  return wanted.limit === undefined ? behind : first(behind, wanted.limit);
}

/**
 * The listing as one account understands it: an owner's name is turned into what it stands for there. Throws NOT_FOUND for one
 * that nobody can resolve: an empty list would say that he has nothing.
 */
export async function listingAt(at: Account, wanted: Listing, call: Call): Promise<Listing> {
  const { owner } = wanted.filters;
  const { ownerIds } = at.verb('list');
  if (owner === undefined || !ownerIds || ownerIds.test(owner)) return wanted;
  const me = (await at.probe(call)).owner;
  const { owner: _named, ...filters } = wanted.filters;
  if (me?.names.includes(owner)) return { ...wanted, filters, scope: 'own' };
  const found = await ownerNamed(at, owner, call);
  if (found) return { ...wanted, filters: { ...filters, owner: found.id } };
  throw notFoundError(`no such owner: ${owner}`, {
    hint: `Use an id, or me${me ? ` (${me.names.join(', ')} is your own)` : ''}.`,
  });
}

const isEmpty = (filters: Filters): boolean => Object.values(filters).every((filter) => filter === undefined);

/** The provider's own filters: each once, and those behind that it may be given again. Throws USAGE for what it has not. */
function ownFilters(
  at: Account,
  given: Listing['own'],
): { readonly own: Readonly<Record<string, string>>; readonly ownToo: Listing['own'] } {
  const { own: known = {}, repeats = [] } = at.verb('list');
  const own = new Map<string, string>();
  const ownToo: (readonly [string, string])[] = [];
  for (const [name, value] of given) {
    if (!Object.hasOwn(known, name)) throw unknownFilter(at, name, Object.keys(known));
    const before = own.get(name);
    if (before === undefined) own.set(name, value);
    else if (repeats.includes(name)) ownToo.push([name, value]);
    else if (before !== value)
      throw usageError(`--filter: ${name} was given twice, with different values`, { hint: 'Give each key of --filter once.' });
  }
  return { own: Object.fromEntries(own), ownToo };
}

function unknownFilter(at: Account, name: string, known: readonly string[]): Error {
  return usageError(`unknown filter for ${at.provider}: ${name}`, {
    profile: at.profile,
    provider: at.provider,
    hint:
      known.length > 0
        ? `Supported: ${known.join(', ')}`
        : `${at.provider} has no filters of its own. Common ones: ${commandLine({ verb: 'list', options: { help: true } }, nowhere)}`,
  });
}

async function* only(images: AsyncIterable<Image>, passes: (image: Image) => boolean): AsyncIterable<Image> {
  for await (const image of images) if (passes(image)) yield image;
}

async function* first(images: AsyncIterable<Image>, limit: number): AsyncIterable<Image> {
  let left = limit;
  if (left <= 0) return;
  for await (const image of images) {
    yield image;
    left -= 1;
    if (left <= 0) return;
  }
}

async function* startBehind(images: AsyncIterable<Image>, id: string): AsyncIterable<Image> {
  let seen = false;
  for await (const image of images) {
    if (seen) yield image;
    else seen = image.id === id;
  }
  if (!seen) throw notFoundError(`--after: no such image in this list: ${id}`);
}

async function* sortImages(images: AsyncIterable<Image>, keys: readonly SortKey[]): AsyncIterable<Image> {
  const all: Image[] = [];
  for await (const image of images) all.push(image);
  yield* all.sort((a, b) => compareImages(a, b, keys));
}

/** Order by several keys. Texts are compared by code point; an image without the field comes last, whatever the direction. */
export function compareImages(a: Image, b: Image, keys: readonly SortKey[]): number {
  for (const { field, descending } of keys) {
    const [left, right] = [valueOf(a, field), valueOf(b, field)];
    if (left === right) continue;
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    return left < right !== descending ? -1 : 1;
  }
  return 0;
}

function valueOf(image: Image, field: string): string | number | undefined {
  const value = Object.getOwnPropertyDescriptor(image, field)?.value as unknown;
  if (typeof value === 'number' || typeof value === 'string') return value;
  return value === undefined ? undefined : JSON.stringify(value);
}
