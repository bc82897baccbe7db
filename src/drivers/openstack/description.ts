import { usageError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Changes, Description, Editable } from '../../core/operation.ts';
import { propertiesAfter, tagsAfter } from '../../core/changes.ts';
import { baseAttributes, gib, recordFrom, isReserved, mib } from './record.ts';

type Scalar = Exclude<Editable, 'tags' | 'properties'>;

/**
 * One field on the wire. `cleared`: the value that stands for nothing; `remove`: it is a property and can go;
 * neither: Glance has no image without it. `unit`: bytes in one of Glance's own units, which are whole numbers.
 */
interface OnWire {
  readonly name: string;
  readonly cleared?: null | 0 | false;
  readonly remove?: true;
  readonly unit?: number;
}

const onWire: Readonly<Record<Scalar, OnWire>> = {
  name: { name: 'name', cleared: null },
  description: { name: 'description', remove: true },
  visibility: { name: 'visibility' },
  owner: { name: 'owner' },
  protected: { name: 'protected', cleared: false },
  hidden: { name: 'os_hidden', cleared: false },
  diskFormat: { name: 'disk_format', cleared: null },
  containerFormat: { name: 'container_format', cleared: null },
  architecture: { name: 'architecture', remove: true },
  minDiskBytes: { name: 'min_disk', cleared: 0, unit: gib },
  minRamBytes: { name: 'min_ram', cleared: 0, unit: mib },
};

/** Rounded up: a machine with less than was asked for must not pass. */
const wireValue = (field: OnWire, value: string | number | boolean): string | number | boolean =>
  field.unit !== undefined && typeof value === 'number' ? Math.ceil(value / field.unit) : value;

/** Throws USAGE for a property that would be taken for an attribute, or that only Glance may set. */
function checkProperty(name: string): void {
  if (name === '') throw usageError('--property: the name is required');
  if (!baseAttributes.has(name) && !isReserved(name)) return;
  const field = Object.entries(onWire).find(([, { name: wire }]) => wire === name)?.[0];
  throw usageError(`"${name}" is not a property but an attribute of the image`, {
    hint: field === undefined ? 'It is read-only.' : `Use the option for ${field} instead.`,
  });
}

const checked = (properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  Object.keys(properties).forEach(checkProperty);
  return properties;
};

/** A description as the body of `POST /v2/images`. Throws USAGE for a property that cannot be one. */
export function wireBody(description: Description): Record<string, unknown> {
  const scalars = (Object.keys(onWire) as Scalar[]).flatMap((key) => {
    const value = description[key];
    return value === undefined ? [] : [[onWire[key].name, wireValue(onWire[key], value)] as const];
  });
  return {
    ...checked(description.properties ?? {}),
    ...Object.fromEntries(scalars),
    ...(description.tags ? { tags: [...new Set(description.tags)] } : {}),
  };
}

/** One step of Glance's JSON patch: it knows these three only, one level deep, with a value always given. */
export type Step =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** A name as a JSON pointer (RFC 6901). */
const pointer = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/**
 * The steps that change a record as asked; none when it says so already. Tags are written as a whole, since Glance has no
 * way to add one in a patch. Throws USAGE for what cannot be cleared and for a property that cannot be one.
 */
export function steps(record: JsonObject, changes: Changes): readonly Step[] {
  return [...scalarSteps(record, changes), ...tagSteps(record, changes), ...propertySteps(record, changes)];
}

function scalarSteps(record: JsonObject, changes: Changes): readonly Step[] {
  return (Object.keys(onWire) as Scalar[]).flatMap((key): readonly Step[] => {
    const field = onWire[key];
    const wanted = changes[key];
    if (wanted === undefined) return [];
    const path = pointer(field.name);
    if (wanted === null && field.remove) return Object.hasOwn(record, field.name) ? [{ op: 'remove', path }] : [];
    if (wanted === null && field.cleared === undefined)
      throw usageError(`${key} cannot be cleared: every image has one`, { hint: 'Set another value.' });
    const value = wanted === null ? field.cleared : wireValue(field, wanted);
    return record[field.name] === value ? [] : [{ op: Object.hasOwn(record, field.name) ? 'replace' : 'add', path, value }];
  });
}

function tagSteps(record: JsonObject, changes: Changes): readonly Step[] {
  const now = recordFrom(record).tags;
  const tags = tagsAfter(now, changes);
  if (!tags || (tags.length === now.length && tags.every((tag) => now.includes(tag)))) return [];
  return [{ op: 'replace', path: '/tags', value: tags }];
}

function propertySteps(record: JsonObject, changes: Changes): readonly Step[] {
  checked(changes.properties ?? {});
  (changes.removeProperties ?? []).forEach(checkProperty);
  const touched = [...new Set([...Object.keys(changes.properties ?? {}), ...(changes.removeProperties ?? [])])];
  const after = propertiesAfter({}, changes);
  return touched.flatMap((name): readonly Step[] => {
    const path = pointer(name);
    const value = Object.hasOwn(after, name) ? after[name] : undefined;
    if (value === undefined) return Object.hasOwn(record, name) ? [{ op: 'remove', path }] : [];
    return record[name] === value ? [] : [{ op: Object.hasOwn(record, name) ? 'replace' : 'add', path, value }];
  });
}
