import { parseBoolean } from '../../core/boolean.ts';
import { isGlob } from '../../core/glob.ts';
import { usageError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { ListRequest, Operation } from '../../core/operation.ts';
import type { LinodeClient } from './client.ts';
import { pagesOf } from './pages.ts';
import { isOthers, recordFrom } from './record.ts';

/** Linode's own filters: the kind of their values, and their help. */
const own = {
  deprecated: ['flag', 'true or false: public images that should no longer be used'],
  is_public: ['flag', 'true or false: Linode offers it to everybody'],
  is_shared: ['flag', 'true or false: shared with others by way of a share group'],
  label: ['text', 'the whole name'],
  size: ['number', 'size in MB'],
  status: ['text', 'creating, pending_upload or available'],
  tags: ['text', 'one tag that it has'],
  type: ['text', 'manual, automatic (kept of a deleted Linode) or shared'],
  vendor: ['text', 'distribution of a public image, such as Debian'],
} as const satisfies Record<string, readonly [kind: 'flag' | 'text' | 'number', help: string]>;
type Own = keyof typeof own;

const isOwn = (name: string): name is Own => Object.hasOwn(own, name);

/** A filter's text as a value of the kind that the wire has. Throws USAGE when it is not of that kind. */
function wireValue(name: string, text: string): string | number | boolean {
  if (!isOwn(name))
    throw usageError(`Linode cannot filter images by ${name}`, { hint: `Supported: ${Object.keys(own).join(', ')}` });
  const [kind] = own[name];
  if (kind === 'text') return text;
  const flag = kind === 'flag' ? parseBoolean(text) : undefined;
  if (flag !== undefined) return flag;
  if (kind === 'number' && /^\d+$/.test(text)) return Number(text);
  throw usageError(`invalid value for filter ${name}: ${text} (use ${kind === 'flag' ? 'true or false' : 'a number of MB'})`);
}

const isScalarEqual = (value: unknown, wanted: unknown): boolean =>
  Array.isArray(value) ? value.includes(wanted) : value === wanted;

type OwnValues = Readonly<Partial<Record<string, string | number | boolean>>>;

/** Whether public images are asked for: true or false when only one kind can match, else absent. */
function wantsPublic(request: ListRequest, values: OwnValues): boolean | undefined {
  if (typeof values.is_public === 'boolean') return values.is_public;
  // Only public images have a vendor or are deprecated: without --all the answer would always be "none".
  if (values.vendor !== undefined || values.deprecated === true) return true;
  if (request.scope !== 'all') return false;
  return request.filters.visibility === undefined ? undefined : request.filters.visibility === 'public';
}

/**
 * What the server narrows by. Oddity: `status` and `region` fail and `tags` is broken inside `+or` and `+and`, id and times are
 * no filters at all; equality at the top level, one value each, is what works. The rest is applied on this side.
 */
function serverFilter(request: ListRequest, values: OwnValues): Readonly<Record<string, unknown>> {
  const { name } = request.filters;
  const isPublic = wantsPublic(request, values);
  const label = values.label ?? (name !== undefined && name !== '' && !isGlob(name) ? name : undefined);
  return {
    ...(isPublic === undefined ? {} : { is_public: isPublic }),
    ...(label === undefined ? {} : { label }),
    ...(values.type === undefined ? {} : { type: values.type }),
  };
}

export const list: Operation<LinodeClient, 'list'> = {
  filters: [],
  own: Object.fromEntries(Object.entries(own).map(([name, [, help]]) => [name, help])),
  others: ['shared', 'public'],

  async *run(client, request, call) {
    const values: OwnValues = Object.fromEntries(
      Object.entries(request.own).map(([name, text]) => [name, wireValue(name, text)]),
    );
    const filter = serverFilter(request, values);
    const isWanted = (wire: JsonObject): boolean =>
      Object.entries(values).every(([name, wanted]) => isScalarEqual(wire[name], wanted)) &&
      (filter.is_public === undefined || (wire.is_public === true) === filter.is_public) &&
      (request.scope !== 'own' || (wire.is_public !== true && !isOthers(wire)));
    const anonymous = filter.is_public !== false;
    if (!client.token && anonymous)
      call.note({ kind: 'warning', message: 'the profile has no token: Linode lists its public images only' });
    const asked = {
      path: 'images',
      what: 'listing images',
      anonymous,
      limiter: client.lists,
      ...(Object.keys(filter).length === 0 ? {} : { filter }),
    };
    // An image made meanwhile pushes the others down: what ended one page may begin the next.
    const seen = new Set<unknown>();
    let count = 0;
    for await (const rows of pagesOf(client, asked, call))
      for (const wire of rows) {
        if (seen.has(wire.id) || !isWanted(wire)) continue;
        seen.add(wire.id);
        yield recordFrom(wire, asked.what);
        count += 1;
        if (count === request.limit) return;
      }
  },
};
