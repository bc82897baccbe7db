import { usageError } from '../../core/errors.ts';
import { isGlob } from '../../core/glob.ts';
import type { Filters, ListRequest } from '../../core/operation.ts';
import type { ImageSchema } from './schema.ts';

/** One condition on one field of a list: `name_like=cirros%` is field `name`, modifier `like`. */
export interface Condition {
  readonly field: string;
  readonly modifier: string;
  readonly value: string;
}

const ofText = ['eq', 'ne', 'prefix', 'like', 'notlike', 'null', 'notnull'];
const ofOrder = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'null', 'notnull'];
const ofChoice = ['eq', 'ne', 'null', 'notnull'];

/**
 * Fields by which images can be filtered, each with its modifiers. Which of them work depends on the role of the key.
 * `id` is not among them: the server compares it with the number inside the id.
 */
const filterFields: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['name', 'description', 'kind', 'uuid', 'checksum', 'format', 'url', 'instanceKind'].map((field) => [field, ofText]),
  ),
  ...Object.fromEntries(['created', 'removed', 'removeTime', 'physicalSizeMb', 'virtualSizeMb'].map((field) => [field, ofOrder])),
  ...Object.fromEntries(['state', 'accountId', 'isPublic', 'registryCredentialId'].map((field) => [field, ofChoice])),
};

const meanings: Readonly<Record<string, string>> = {
  eq: 'is',
  ne: 'is not',
  prefix: 'begins with',
  like: 'is like (% any text, _ one character)',
  notlike: 'is not like (% any text, _ one character)',
  lt: 'is less than',
  lte: 'is at most',
  gt: 'is more than',
  gte: 'is at least',
  null: 'is not set (value 1)',
  notnull: 'is set (value 1)',
};

/** The provider's own filters by name, each with its help: `name_like`, `state`, `created_gt`. */
export const ownFilters: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(filterFields).flatMap(([field, modifiers]) =>
    modifiers.map((modifier) => [
      modifier === 'eq' ? field : `${field}_${modifier}`,
      `${field} ${meanings[modifier] ?? modifier}`,
    ]),
  ),
);

/** The condition that a filter of that name stands for. */
function condition(name: string, value: string): Condition {
  const at = name.lastIndexOf('_');
  return at < 0 ? { field: name, modifier: 'eq', value } : { field: name.slice(0, at), modifier: name.slice(at + 1), value };
}

export function parameter({ field, modifier, value }: Condition): readonly [string, string] {
  return [modifier === 'eq' ? field : `${field}_${modifier}`, value];
}

const works = (schema: ImageSchema, { field, modifier }: Condition): boolean => schema.filters.get(field)?.has(modifier) ?? false;

/** The conditions asked for by the provider's own names. Throws USAGE for what this server would pass over in silence. */
export function ownConditions(schema: ImageSchema, own: ListRequest['own']): readonly Condition[] {
  const conditions = Object.entries(own).map(([name, value]) => condition(name, value));
  const useless = conditions.find((each) => !works(schema, each));
  if (useless)
    throw usageError(`this server does not filter images by ${parameter(useless)[0]} for this key`, {
      hint: `Supported: ${[...schema.filters.keys()].join(', ')}`,
    });
  // Oddity: of two modifiers on one field the server applies one and forgets the other.
  const twice = conditions.find((each, at) => conditions.findIndex(({ field }) => field === each.field) !== at);
  if (twice)
    throw usageError(`the server applies only one condition on ${twice.field}, and two were given`, {
      hint: 'Use one, and narrow the rest with --name, --newer-than or --older-than.',
    });
  return conditions;
}

/**
 * The neutral filters as conditions, as far as the server can apply them without losing an image that passes:
 * whoever asked looks at the rest. At most one for each field, and none for the fields that are `taken`.
 */
export function neutralConditions(schema: ImageSchema, filters: Filters, taken: ReadonlySet<string>): readonly Condition[] {
  const conditions = [
    nameCondition(filters.name),
    stateCondition(filters.status),
    createdCondition(filters),
    ownerCondition(filters.owner),
  ];
  return conditions.filter((each) => each !== undefined).filter((each) => !taken.has(each.field) && works(schema, each));
}

function nameCondition(name: string | undefined): Condition | undefined {
  if (name === undefined || name === '') return undefined;
  if (!isGlob(name)) return { field: 'name', modifier: 'eq', value: name };
  // SQL's own signs would mean something else, and it has no word for classes and choices: they are left to whoever asked.
  if (/[%_\\[{]/.test(name)) return undefined;
  return { field: 'name', modifier: 'like', value: name.replaceAll('*', '%').replaceAll('?', '_') };
}

function stateCondition(status: string | undefined): Condition | undefined {
  return status === 'active' || status === 'inactive' ? { field: 'state', modifier: 'eq', value: status } : undefined;
}

/** The server keeps whole seconds, so that a bound is widened to one. */
function createdCondition({ createdAfter, createdBefore }: Filters): Condition | undefined {
  if (createdAfter !== undefined) return { field: 'created', modifier: 'gt', value: wholeSecond(createdAfter, Math.floor) };
  if (createdBefore !== undefined) return { field: 'created', modifier: 'lt', value: wholeSecond(createdBefore, Math.ceil) };
  return undefined;
}

function wholeSecond(time: string, round: (seconds: number) => number): string {
  return new Date(round(Date.parse(time) / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

function ownerCondition(owner: string | undefined): Condition | undefined {
  return owner !== undefined && /^1a\d+$/.test(owner) ? { field: 'accountId', modifier: 'eq', value: owner } : undefined;
}
