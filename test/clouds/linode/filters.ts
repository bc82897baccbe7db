import type { FakeAnswer, FakeRequest } from '../../support/fake-server.ts';
import { refuse } from './answers.ts';

type Row = Readonly<Record<string, unknown>>;
type Keep = (row: Row) => boolean;

const imageKeys = new Set(['deprecated', 'is_public', 'is_shared', 'label', 'size', 'status', 'tags', 'type', 'vendor']);
const eventKeys = new Set(['action', 'created', 'entity.id', 'entity.type', 'id', 'status']);
/** Keys that the service fails on when they stand inside `+or` or `+and`. */
const topOnly = new Set(['status', 'region', 'regions', 'tags']);
const keysOf = { images: imageKeys, events: eventKeys } as const;

/** Thrown for a filter that is refused. */
class Refusal extends Error {}

const valueAt = (row: Row, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Row | null | undefined)?.[key], row);

function test(value: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'object' && wanted !== null)
    return Object.entries(wanted).every(([operator, operand]) => {
      if (operator === '+gte') return String(value) >= String(operand);
      if (operator === '+contains') return String(value).includes(String(operand));
      if (operator === '+neq') return value !== operand;
      throw new Refusal('Could not apply filter');
    });
  return Array.isArray(value) ? value.includes(wanted) : value === wanted;
}

function keepOf(filter: Row, keys: ReadonlySet<string>, nested: boolean): Keep {
  const keeps = Object.entries(filter).map(([key, wanted]): Keep => {
    if (key === '+order_by' || key === '+order') {
      if (key === '+order_by' && !keys.has(String(wanted))) throw new Refusal(`Cannot order by ${String(wanted)}`);
      return () => true;
    }
    if (key === '+or' || key === '+and') {
      const inner = (wanted as readonly Row[]).map((one) => keepOf(one, keys, true));
      return (row) => (key === '+or' ? inner.some((keep) => keep(row)) : inner.every((keep) => keep(row)));
    }
    if (nested && topOnly.has(key)) throw new Refusal('Could not apply filter');
    if (!keys.has(key)) throw new Refusal(`Cannot filter on ${key}`);
    return (row) => test(valueAt(row, key), wanted);
  });
  return (row) => keeps.every((keep) => keep(row));
}

/** The rows that `X-Filter` leaves, or the refusal of a filter that cannot be applied. */
export function filtered<T extends object>(
  rows: readonly T[],
  request: FakeRequest,
  of: keyof typeof keysOf,
): { readonly rows: readonly T[] } | { readonly refused: FakeAnswer } {
  const header = request.headers['x-filter'];
  if (header === undefined) return { rows };
  try {
    if (!/^[\x20-\x7e]*$/.test(header)) throw new Refusal('Could not apply filter');
    const keep = keepOf(JSON.parse(header) as Row, keysOf[of], false);
    return { rows: rows.filter((row) => keep(row as Row)) };
  } catch (error) {
    return { refused: refuse(400, error instanceof Refusal ? error.message : 'Could not apply filter', 'X-Filter') };
  }
}
