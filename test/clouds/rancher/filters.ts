import { filterModifiers } from './schemas.ts';

/** A condition of a list as the server understood it. */
interface Applied {
  readonly modifier: string;
  readonly value: string;
}
type Conditions = ReadonlyMap<string, readonly Applied[]>;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The conditions in a query. A field or modifier that is not known is passed over in silence, and of two modifiers on
 * one field the later replaces the earlier; one key given twice is ANDed. From source: parseFilters.
 */
export function conditionsOf(query: URLSearchParams, visible: readonly string[]): Conditions {
  const conditions = new Map<string, readonly Applied[]>();
  for (const [key, value] of query) {
    const at = key.lastIndexOf('_');
    const [field, modifier] = at < 0 ? [key, 'eq'] : [key.slice(0, at), key.slice(at + 1)];
    if (!visible.includes(field) || !filterModifiers[field]?.includes(modifier)) continue;
    const before = conditions.get(field) ?? [];
    conditions.set(field, [...before.filter((each) => each.modifier === modifier), { modifier, value }]);
  }
  return conditions;
}

/** The echo: every field that can be filtered, null where no condition holds. */
export function echoOf(conditions: Conditions, visible: readonly string[]): Fields {
  const fields = Object.keys(filterModifiers).filter((field) => visible.includes(field));
  return Object.fromEntries(
    fields.map((field) => [field, conditions.get(field)?.map(({ value, modifier }) => ({ value, modifier })) ?? null]),
  );
}

export function passes(resource: Fields, conditions: Conditions): boolean {
  return [...conditions].every(([field, all]) => all.every((each) => holds(resource[field], each)));
}

/** The database compares text without regard to case, and dates as dates. */
function holds(actual: unknown, { modifier, value }: Applied): boolean {
  if (modifier === 'null') return actual === null || actual === undefined;
  if (modifier === 'notnull') return actual !== null && actual !== undefined;
  if (actual === null || actual === undefined) return false;
  const [one, other] = [comparable(String(actual)), comparable(value)];
  if (modifier === 'eq') return one === other;
  if (modifier === 'ne') return one !== other;
  if (modifier === 'prefix') return String(one).startsWith(String(other));
  if (modifier === 'like') return pattern(value).test(String(actual));
  if (modifier === 'notlike') return !pattern(value).test(String(actual));
  if (modifier === 'lt') return one < other;
  if (modifier === 'lte') return one <= other;
  return modifier === 'gt' ? one > other : one >= other;
}

function comparable(text: string): string | number {
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : text.toLowerCase();
}

/** SQL's LIKE: `%` any text, `_` one character, a backslash takes the meaning away. */
function pattern(like: string): RegExp {
  const source = [...like.matchAll(/\\(.)|([%_])|([^])/g)].map(([, escaped, sign, plain]) => {
    if (sign !== undefined) return sign === '%' ? '[^]*' : '[^]';
    return (escaped ?? plain ?? '').replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  });
  return new RegExp(`^${source.join('')}$`, 'i');
}
