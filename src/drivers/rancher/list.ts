import { providerError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import { isObject } from '../../core/json.ts';
import type { Call, ListRequest, Operation } from '../../core/operation.ts';
import type { RancherClient } from './client.ts';
import { neutralConditions, ownConditions, ownFilters, parameter, type Condition } from './filters.ts';
import { pagesOf } from './pages.ts';
import { recordFrom } from './record.ts';
import type { ImageSchema } from './schema.ts';

/** Rows of one page: what the documentation calls the most. A server clamps larger numbers silently. */
const pageRows = 1000;
const what = 'listing images';

const isGone = (state: string): boolean => ['removed', 'purging', 'purged'].includes(state);

export const list: Operation<RancherClient, 'list'> = {
  filters: [],
  own: ownFilters,
  ownerIds: /^1a\d+$/,
  async *run(client, request, call) {
    const schema = await client.schema(call);
    const own = ownConditions(schema, request.own);
    const wantsGone = asksForGone(request);
    const gone: Condition = { field: 'removed', modifier: 'null', value: '1' };
    const hidesGone = !wantsGone && !own.some(({ field }) => field === 'removed');
    const taken = new Set(own.map(({ field }) => field));
    const conditions = [...own, ...neutralConditions(schema, request.filters, taken), ...(hidesGone ? [gone] : [])];
    const seen = new Set<string>();
    let strange = 0;
    for await (const page of pagesOf(client, firstPage(schema, conditions, request, wantsGone), what, call)) {
      expectApplied(own, page.filters);
      for (const body of page.data) {
        const record = recordFrom(body, what);
        // Oddity: pages are cut by offset, so that a row may come twice when another one went in between.
        if (seen.has(record.id)) continue;
        seen.add(record.id);
        if (!choosesOwners(request) && isStrange(record, client, schema)) {
          strange += 1;
          continue;
        }
        // Oddity: before 1.2 removed images stay in the list for a minute.
        if (!(hidesGone && isGone(record.providerStatus))) yield record;
      }
    }
    if (seen.size === 0) warnOfAccountKey(client, schema, call);
    if (strange > 0 && request.scope === 'mine') warnOfStrange(strange, call);
  },
};

/** Whether the caller has said whose images are meant: then none is left out for being another's. */
const choosesOwners = ({ scope, filters, own }: ListRequest): boolean =>
  scope === 'all' || (scope === 'mine' && (filters.owner !== undefined || Object.keys(own).some(isOfOwner)));
const isOfOwner = (name: string): boolean => name === 'accountId' || name.startsWith('accountId_');

function warnOfStrange(count: number, call: Call): void {
  const message = `Rancher: images of other accounts were left out: ${count}. List them with --all, or set project to one of theirs.`;
  call.note({ kind: 'warning', message });
}

/** Oddity: without a project, an administrator's key sees the images of every account. */
function isStrange({ owner }: ImageRecord, { address }: RancherClient, { headers }: ImageSchema): boolean {
  const isAdmin = ['admin', 'superadmin'].includes(headers['x-api-account-kind'] ?? '');
  const account = headers['x-api-account-id'];
  return address.project === undefined && isAdmin && account !== undefined && owner !== account;
}

function firstPage(schema: ImageSchema, conditions: readonly Condition[], request: ListRequest, wantsGone: boolean): string {
  const rows = Math.min(pageRows, request.limit ?? pageRows);
  const parameters = [
    ['limit', String(rows)] as const,
    ...conditions.map(parameter),
    ...(wantsGone ? [['_removed', 'true'] as const] : []),
  ];
  return `${schema.collection}?${parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`;
}

/** Removed images are wanted: servers from 1.6 on show them when asked, older ones keep them out of every list. */
function asksForGone({ filters, own }: ListRequest): boolean {
  const state = own['state'] ?? filters.status;
  return state === 'deleted' || (state !== undefined && isGone(state));
}

/** Throws PROVIDER when the server passed over a condition that nobody else applies. */
function expectApplied(own: readonly Condition[], echo: ImageRecord['raw']): void {
  for (const { field, modifier } of own) {
    const applied = echo[field];
    if (Array.isArray(applied) && applied.some((each) => isObject(each) && each['modifier'] === modifier)) continue;
    throw providerError(`${what}: the server did not apply the filter ${parameter({ field, modifier, value: '' })[0]}`);
  }
}

/** Oddity: without a project, a key of a person's account sees the images of the account itself: mostly none, and no error. */
function warnOfAccountKey(client: RancherClient, schema: ImageSchema, call: Call): void {
  const kind = schema.headers['x-api-account-kind'];
  if (client.address.project !== undefined || (kind !== 'user' && kind !== 'admin')) return;
  call.note({
    kind: 'warning',
    message: 'Rancher: this is the key of an account, and no project is given: set project to see its images',
  });
}
