import { abortedError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, ListRequest, Operation, SortKey } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { listBidirectionally } from './bidirectional-list.ts';
import { mergeSorted } from './merge-sorted.ts';
import { ownProject } from './own-project.ts';
import { eachImage } from './pages.ts';
import { choosesOwners, exactFilters, listQuery, newestFirst, ownFilters, sortNames } from './query.ts';
import { recordFrom } from './record.ts';
import type { SignedIn } from './sign-in.ts';
import { timeFilters, timeNames } from './time-filters.ts';

/** Glance's order when none is asked for. */
const usualOrder: readonly SortKey[] = [{ field: 'createdAt', descending: true }];

const valueOf = (image: ImageRecord, field: string): unknown => Reflect.get(image, field);

function comesBefore(keys: readonly SortKey[], one: ImageRecord, other: ImageRecord): boolean {
  for (const { field, descending } of keys) {
    const a = valueOf(one, field) ?? '';
    const b = valueOf(other, field) ?? '';
    if (a !== b) return (a as string | number) < (b as string | number) !== descending;
  }
  return false;
}

/** What the project owns, community images too. Where no project is known (a bare token) what is shared may be others'. */
const ownScope = (project: SignedIn['project']): { readonly ownedBy?: string; mine(image: ImageRecord): boolean } =>
  project
    ? { ownedBy: project.id, mine: ({ owner }) => owner === project.id }
    : { mine: ({ visibility }) => visibility === 'shared' || visibility === 'private' };

/** Policies compare roles without regard to case. */
const isAdmin = (role: string): boolean => role.toLowerCase() === 'admin';

/**
 * Whose images are the caller's. Glance's default list is own, public and accepted shared images.
 * Oddity: to an administrator it shows everybody's, and does not tell what is shared with him from what is shared with
 * others: for him only what his project owns is his.
 */
function scopeOf(
  request: ListRequest,
  { project, roles }: SignedIn,
): { readonly ownedBy?: string; mine(image: ImageRecord): boolean } {
  if (request.scope === 'own') return ownScope(project);
  if (request.scope === 'all' || choosesOwners(request)) return { mine: () => true };
  if (project && roles.some(isAdmin)) return { ownedBy: project.id, mine: () => true };
  return {
    mine: ({ owner, visibility }) => visibility === 'shared' || (project ? owner === project.id : visibility === 'private'),
  };
}

async function* records(
  client: OpenstackClient,
  query: URLSearchParams,
  request: ListRequest,
  call: Call,
): AsyncGenerator<ImageRecord> {
  const { after, limit } = request;
  const whole = after === undefined && limit === undefined && query.get('sort') === newestFirst;
  const paging = { query, ...(after === undefined ? {} : { after }), ...(limit === undefined ? {} : { limit }) };
  const images = whole ? listBidirectionally(client, query, call) : eachImage(client, paging, call);
  for await (const image of images) yield recordFrom(image);
}

export const list: Operation<OpenstackClient, 'list'> = {
  filters: exactFilters,
  sorts: Object.keys(sortNames),
  after: true,
  own: ownFilters,
  repeats: [...timeNames, 'tag'],
  ownerIds: /^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[0-9a-f]{64}$/i,
  others: ['shared', 'public'],
  async *run(client, request, call) {
    if (call.signal.aborted) throw abortedError('interrupted');
    const { signedIn } = await client.site(call);
    const seen = request.scope === 'own' && !signedIn.project ? await ownProject(client, call) : undefined;
    const { ownedBy, mine } = scopeOf(
      request,
      seen === undefined ? signedIn : { ...signedIn, project: { id: seen, name: seen } },
    );
    const isWithin = timeFilters(request.ownToo ?? []);
    const shown = listQuery(request, ownedBy);
    // There is no word for words that we do not know: they are picked out here, so that no page may be cut short.
    const { limit, ...unlimited } = request;
    const picksUnknown = request.filters.status === 'unknown';
    const asked = picksUnknown ? unlimited : request;
    const queries = [shown];
    // Oddity: Glance lists either the hidden images or the others, never both.
    if (request.hidden && !shown.has('os_hidden')) {
      const hidden = new URLSearchParams(shown);
      hidden.set('os_hidden', 'true');
      queries.push(hidden);
    }
    const keys = request.sort && request.sort.length > 0 ? request.sort : usualOrder;
    const streams = queries.map((query) => records(client, query, asked, call));
    const [only, ...others] = streams;
    const all = only && others.length === 0 ? only : mergeSorted(streams, (one, other) => comesBefore(keys, one, other));
    let given = 0;
    // A service that pays no attention to os_hidden gives the same twice.
    const passed = others.length > 0 ? new Set<string>() : undefined;
    for await (const record of all) {
      if (passed?.has(record.id)) continue;
      passed?.add(record.id);
      if (!mine(record) || !isWithin(record) || (picksUnknown && record.status !== 'unknown')) continue;
      yield record;
      given += 1;
      if (given === limit) return;
    }
  },
};
