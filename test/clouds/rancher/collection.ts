import { conditionsOf, echoOf, passes } from './filters.ts';
import { imageId } from './ids.ts';
import { filterModifiers } from './schemas.ts';

type Fields = Readonly<Record<string, unknown>>;

/** How long pages are, and how a link to the next one may go wrong. */
interface Paging {
  readonly mostRows: number;
  readonly usualRows: number;
  /** Markers that say nothing about the offset. */
  readonly opaqueMarkers: boolean;
  /** The link to the next page leads to the first one. */
  readonly nextLoops: boolean;
}

/** A list as the server answers it. `url` is the URL asked for, as the server writes it; `visible` the fields of the role. */
export function collection(
  rows: readonly Fields[],
  url: string,
  query: URLSearchParams,
  visible: readonly string[],
  paging: Paging,
): Fields {
  const conditions = conditionsOf(query, visible);
  const sort = sortOf(query, visible);
  const found = rows.filter((row) => passes(row, conditions));
  if (sort) found.sort((one, other) => order(one, other, sort));
  const limit = limitOf(query.get('limit'), paging);
  const from = offsetOf(query.get('marker'));
  const more = from + limit < found.length;
  return {
    type: 'collection',
    resourceType: 'image',
    links: { self: url },
    createTypes: {},
    actions: {},
    data: found.slice(from, from + limit),
    sortLinks: Object.fromEntries(
      Object.keys(filterModifiers)
        .filter((name) => visible.includes(name))
        .map((name) => [name, `${url}?sort=${name}`]),
    ),
    pagination: {
      first: null,
      previous: null,
      next: more ? nextUrl(url, query, limit, from + limit, paging) : null,
      limit,
      total: null,
      partial: more,
    },
    sort,
    filters: echoOf(conditions, visible),
    createDefaults: {},
  };
}

/** 0 and less mean the most; what is no number means the usual. From source. */
function limitOf(text: string | null, { mostRows, usualRows }: Paging): number {
  const asked = text === null || !/^-?\d+$/.test(text) ? Math.min(usualRows, mostRows) : Number(text);
  return asked <= 0 ? mostRows : Math.min(asked, mostRows);
}

const offsetOf = (marker: string | null): number => {
  const plain = marker === null ? undefined : /^m(\d+)$/.exec(marker)?.[1];
  const opaque = marker === null ? undefined : /^x([0-9a-z]+)$/.exec(marker)?.[1];
  return plain !== undefined ? Number(plain) : opaque !== undefined ? parseInt(opaque, 36) / 7919 : 0;
};

function nextUrl(
  url: string,
  query: URLSearchParams,
  limit: number,
  offset: number,
  { opaqueMarkers, nextLoops }: Paging,
): string {
  const next = new URLSearchParams(query);
  next.delete('marker');
  if (!next.has('limit')) next.set('limit', String(limit));
  if (!nextLoops) next.set('marker', opaqueMarkers ? `x${(offset * 7919).toString(36)}` : `m${offset}`);
  return `${url}?${next.toString()}`;
}

interface Sort {
  readonly name: string;
  readonly order: 'asc' | 'desc';
}

function sortOf(query: URLSearchParams, visible: readonly string[]): Sort | null {
  const name = query.get('sort');
  if (name === null || !visible.includes(name) || !filterModifiers[name]) return null;
  return { name, order: query.get('order') === 'desc' ? 'desc' : 'asc' };
}

function order(one: Fields, other: Fields, sort: Sort): number {
  const [a, b] = [one, other].map((row) => String(row[sort.name] ?? ''));
  const up = (a ?? '').localeCompare(b ?? '') || numberOf(one) - numberOf(other);
  return sort.order === 'desc' ? -up : up;
}

const numberOf = (row: Fields): number => Number(String(row['id']).slice(imageId(0).length - 1));
