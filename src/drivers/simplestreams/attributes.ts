import { isObject, type JsonObject } from '../_published/json.ts';

/** Texts, numbers and booleans that hold for an item, by name. */
export type Attributes = Record<string, string | number | boolean>;

/** What a whole document says of every object in which a field has a value: field → value → attributes. */
export type Aliases = JsonObject;

/** The attributes of an object and of those around it: the nearest wins. Objects inside are not inherited. */
export function inherited(around: Attributes, own: JsonObject, aliases: Aliases): Attributes {
  const all = { ...around };
  take(all, own);
  expand(all, own, aliases, new Set());
  return all;
}

function take(into: Attributes, from: JsonObject): void {
  for (const name in from) {
    const value = from[name];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') into[name] = value;
  }
}

/** An alias stands for attributes that overwrite those that are there, and may hold a field with an alias itself. */
function expand(all: Attributes, own: JsonObject, aliases: Aliases, done: Set<string>): void {
  for (const field in aliases) {
    const [values, value] = [aliases[field], own[field]];
    if (done.has(field) || !isObject(values) || typeof value !== 'string' || !Object.hasOwn(values, value)) continue;
    const meant = values[value];
    if (!isObject(meant)) continue;
    done.add(field);
    take(all, meant);
    expand(all, meant, aliases, done);
  }
}
