import { isObject, type JsonObject } from '../../core/json.ts';

/** Objects around one another, the innermost first: what the nearest says holds. */
export type Layers = readonly JsonObject[];

/** What a whole document says of every object in which a field has a value: field → value → attributes. */
export type Aliases = JsonObject;

export type Attribute = string | number | boolean;

/** What holds for an item. Objects inside of objects are not inherited. */
export function attributeOf(layers: Layers, name: string): Attribute | undefined {
  for (const layer of layers) {
    const value = layer[name];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  }
  return undefined;
}

/** The same if it is a text. */
export function textOf(layers: Layers, name: string): string | undefined {
  const value = attributeOf(layers, name);
  return typeof value === 'string' ? value : undefined;
}

/** An object with what the aliases stand for that it names: that overwrites what is there, and may name an alias itself. */
export function withAliases(own: JsonObject, aliases: Aliases): JsonObject {
  // Hardly any document has them, and this is asked of each of its items.
  for (const _field in aliases) return overwritten(own, aliases);
  return own;
}

function overwritten(own: JsonObject, aliases: Aliases): JsonObject {
  const found: JsonObject[] = [];
  expand(own, aliases, new Set(), found);
  return found.length === 0 ? own : Object.assign({}, own, ...found);
}

function expand(own: JsonObject, aliases: Aliases, done: Set<string>, found: JsonObject[]): void {
  for (const field in aliases) {
    const [values, value] = [aliases[field], own[field]];
    if (done.has(field) || !isObject(values) || typeof value !== 'string' || !Object.hasOwn(values, value)) continue;
    const meant = values[value];
    if (!isObject(meant)) continue;
    done.add(field);
    found.push(Object.fromEntries(Object.entries(meant).filter(([, told]) => typeof told !== 'object')));
    expand(meant, aliases, done, found);
  }
}
