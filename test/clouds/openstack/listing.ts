import { Refusal } from './refusal.ts';
import { pageMost, pageUsual, type Caller, type Kept, type Store } from './store.ts';

const sortable = ['name', 'status', 'container_format', 'disk_format', 'size', 'id', 'created_at', 'updated_at'];
const withOperator = ['id', 'name', 'status', 'container_format', 'disk_format'];
const noFilters = ['limit', 'marker', 'sort', 'tag', 'visibility', 'os_hidden', 'member_status', 'owner'];

type Test = (image: Readonly<Record<string, unknown>>) => boolean;

function words(value: string): readonly string[] {
  if ((value.split('"').length - 1) % 2 === 1) throw new Refusal(400, `Invalid filter value ${value}. The quote is not closed.`);
  return [...value.matchAll(/"([^"]*)"|([^,]+)/g)].map((found) => found[1] ?? found[2] ?? '');
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  eq: (order) => order === 0,
  neq: (order) => order !== 0,
};

function timeTest(name: string, value: string): Test {
  const [, operator = 'eq', time = ''] = /^(?:(\w+):)?(\d{4}-.*)$/.exec(value) ?? [];
  const compare = comparisons[operator];
  if (!compare) throw new Refusal(400, 'Unable to filter on a unknown operator.');
  if (Number.isNaN(Date.parse(time)))
    throw new Refusal(400, `Bad "${name}" query filter format. Use ISO 8601 DateTime notation.`);
  return (image) => compare(Math.sign(Date.parse(String(image[name])) - Date.parse(time)));
}

function truth(name: string, value: string): boolean {
  if (value !== 'true' && value !== 'false')
    throw new Refusal(400, `Invalid value '${value}' for '${name}' filter. Valid values are 'true' or 'false'.`);
  return value === 'true';
}

function testOf(name: string, value: string): Test {
  if (name === 'changes-since') throw new Refusal(400, 'The "changes-since" filter is no longer available on v2.');
  if (name === 'created_at' || name === 'updated_at') return timeTest(name, value);
  const range = /^(size|min_disk|min_ram)_(min|max)$/.exec(name);
  if (range) {
    const [, field = '', side] = range;
    if (!/^\d+$/.test(value)) throw new Refusal(400, 'Unable to filter on a range with a non-numeric value.');
    return (image) =>
      image[field] !== null && (side === 'min' ? Number(image[field]) >= Number(value) : Number(image[field]) <= Number(value));
  }
  if (name === 'protected') {
    const wanted = truth(name, value);
    return (image) => image.protected === wanted;
  }
  if (withOperator.includes(name) && value.startsWith('in:')) {
    const wanted = words(value.slice(3));
    return (image) => wanted.includes(String(image[name]));
  }
  const [, operator, rest] = withOperator.includes(name) ? (/^([^:]*):(.*)$/s.exec(value) ?? []) : [];
  if (operator !== undefined && operator !== 'eq') throw new Refusal(400, `Unable to filter by unknown operator '${operator}'.`);
  return (image) => image[name] !== undefined && image[name] !== null && String(image[name]) === (rest ?? value);
}

function visibilityTest(query: URLSearchParams, { project, admin }: Caller): (kept: Kept) => boolean {
  const wanted = query.get('visibility');
  if (wanted !== null && !['public', 'private', 'shared', 'community', 'all'].includes(wanted))
    throw new Refusal(400, `Invalid visibility value: ${wanted}`);
  const member = query.get('member_status') ?? 'accepted';
  if (!['pending', 'accepted', 'rejected', 'all'].includes(member)) throw new Refusal(400, `Invalid status: ${member}`);
  const owner = query.get('owner');
  return (kept) => {
    const { visibility, owner: whose } = kept.wire;
    if (owner !== null && whose !== owner) return false;
    if (wanted !== null && wanted !== 'all' && visibility !== wanted) return false;
    if (whose === project || admin) return true;
    if (visibility === 'public') return true;
    if (visibility === 'community') return wanted === 'community' || wanted === 'all';
    const state = kept.members.get(project)?.status;
    return visibility === 'shared' && state !== undefined && (member === 'all' || state === member);
  };
}

function order(query: URLSearchParams): (one: Kept, other: Kept) => number {
  const keys = (query.get('sort') ?? '').split(',').filter((key) => key !== '');
  const parsed = keys.map((key) => {
    const [name = '', direction = 'desc'] = key.split(':');
    if (!sortable.includes(name))
      throw new Refusal(400, `Invalid sort key: ${name}. It must be one of the following: ${sortable.join(', ')}.`);
    if (direction !== 'asc' && direction !== 'desc') throw new Refusal(400, `Invalid sort direction: ${direction}`);
    return { name, sign: direction === 'asc' ? 1 : -1 };
  });
  return (one, other) => {
    for (const { name, sign } of parsed) {
      const [a, b] = [one.wire[name] ?? '', other.wire[name] ?? ''] as [string | number, string | number];
      if (a !== b) return a < b ? -sign : sign;
    }
    return other.serial - one.serial;
  };
}

/** The answer to `GET /v2/images`. Its links lack the prefix and, of a parameter given twice, all but the last, as the real ones do. */
export function listing(store: Store, query: URLSearchParams, caller: Caller): Readonly<Record<string, unknown>> {
  const asked = query.get('limit');
  if (asked !== null && !/^\d+$/.test(asked))
    throw new Refusal(400, /^-\d+$/.test(asked) ? 'limit param must be positive' : 'limit param must be an integer');
  const limit = Math.min(asked === null ? pageUsual : Number(asked), pageMost);
  const hidden = truth('os_hidden', query.get('os_hidden') ?? 'false');
  const tags = query.getAll('tag');
  const tests = [...new Map([...query].filter(([name]) => !noFilters.includes(name)))].map(([name, value]) =>
    testOf(name, value),
  );
  const mayList = visibilityTest(query, caller);
  const inOrder = order(query);
  const marker = query.get('marker');
  const behind = marker === null ? undefined : store.images.get(marker);
  if (marker !== null && !behind) throw new Refusal(400, `No image found with ID ${marker}`);
  const images = [...store.images.values()]
    .filter((kept) => mayList(kept) && kept.wire.os_hidden === hidden)
    .filter(
      ({ wire }) => tests.every((test) => test(wire)) && tags.every((tag) => (wire.tags as readonly string[]).includes(tag)),
    )
    .filter((kept) => behind === undefined || inOrder(kept, behind) > 0)
    .toSorted(inOrder)
    .slice(0, limit);
  const last = images.at(-1)?.wire.id;
  const kept = new URLSearchParams([...new Map(query)].filter(([name]) => name !== 'marker'));
  const next = images.length === limit && limit > 0 ? { next: `/v2/images?${kept.toString()}&marker=${String(last)}` } : {};
  return {
    images: images.map(({ wire }) => wire),
    first: `/v2/images?${kept.toString()}`,
    schema: '/v2/schemas/images',
    ...next,
  };
}
