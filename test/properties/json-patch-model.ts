/** JSON Pointer (RFC 6901) and JSON Patch (RFC 6902) once more, in the plainest way: documents are copied, never changed. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface ModelStep {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
}

/** The patch does not fit the document. */
export class Misfit extends Error {}

const keysOf = (pointer: string): readonly string[] => {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new Misfit(`not a pointer: ${pointer}`);
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
};

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function indexOf(key: string, length: number): number {
  if (!/^(0|[1-9]\d*)$/.test(key) || Number(key) >= length) throw new Misfit(`no index ${key}`);
  return Number(key);
}

function get(document: Json, keys: readonly string[]): Json {
  return keys.reduce<Json>((at, key) => {
    if (Array.isArray(at)) return (at as readonly Json[])[indexOf(key, at.length)] as Json;
    if (isObject(at) && Object.hasOwn(at, key)) return at[key] as Json;
    throw new Misfit(`nothing at ${key}`);
  }, document);
}

/** The document with what `change` makes of the container of the last key. */
function within(document: Json, keys: readonly string[], change: (container: Json, key: string) => Json): Json {
  const [first, ...rest] = keys;
  if (first === undefined) throw new Misfit('the whole document');
  if (rest.length === 0) return change(document, first);
  const inner = within(get(document, [first]), rest, change);
  if (Array.isArray(document)) return document.map((item: Json, at) => (String(at) === first ? inner : item));
  return Object.fromEntries(Object.entries(document as object).map(([key, item]) => [key, key === first ? inner : item]));
}

const added = (document: Json, keys: readonly string[], value: Json): Json =>
  within(document, keys, (container, key) => {
    if (Array.isArray(container)) {
      const at = key === '-' ? container.length : indexOf(key, container.length + 1);
      return [...container.slice(0, at), value, ...container.slice(at)];
    }
    if (isObject(container))
      return Object.fromEntries([...Object.entries(container).filter(([known]) => known !== key), [key, value]]);
    throw new Misfit(`nothing can be added at ${key}`);
  });

const removed = (document: Json, keys: readonly string[]): Json =>
  within(document, keys, (container, key) => {
    get(container, [key]);
    if (Array.isArray(container)) return container.filter((_item, at) => String(at) !== key);
    return Object.fromEntries(Object.entries(container as object).filter(([known]) => known !== key));
  });

/** Equality of JSON values: the order of keys does not count. */
export function isEqual(one: Json | undefined, other: Json | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, at) => isEqual(item, other[at]));
  if (isObject(one) && isObject(other)) {
    const keys = Object.keys(one);
    return (
      keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key]))
    );
  }
  return one === other;
}

function step(document: Json, { op, path, from, value }: ModelStep): Json {
  const keys = keysOf(path);
  if (op === 'add') return added(document, keys, value ?? null);
  if (op === 'remove') return removed(document, keys);
  if (op === 'replace') return added(removed(document, keys), keys, value ?? null);
  if (op === 'copy') return added(document, keys, get(document, keysOf(from ?? '')));
  if (op === 'test') {
    if (!isEqual(get(document, keys), value ?? null)) throw new Misfit(`test of ${path}`);
    return document;
  }
  const moved = get(document, keysOf(from ?? ''));
  if (`${path}/`.startsWith(`${from}/`) && path !== from) throw new Misfit('into itself');
  return added(removed(document, keysOf(from ?? '')), keys, moved);
}

/** The document after all steps. Throws `Misfit` where one does not fit: then nothing was done. */
export const patched = (document: Json, steps: readonly ModelStep[]): Json => steps.reduce(step, document);
