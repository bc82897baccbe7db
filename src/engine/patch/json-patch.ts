/** A value as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonMembers;
export interface JsonMembers {
  readonly [key: string]: Json;
}

/** One operation of a JSON Patch (RFC 6902, section 4). */
export interface PatchStep {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
}

/** Why a patch does not fit a document. `test`: it was the patch's own test that did not hold. */
export class PatchMisfit extends Error {
  readonly test: boolean;

  constructor(message: string, test = false) {
    super(message);
    this.test = test;
  }
}

const isObject = (value: Json | undefined): value is JsonMembers =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** The keys of a JSON Pointer (RFC 6901), unescaped. Throws `PatchMisfit` for a text that is none. */
function keysOf(pointer: string): readonly string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new PatchMisfit(`"${pointer}" is no JSON Pointer: it begins with /`);
  const keys = pointer.slice(1).split('/');
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A place in a list of `length`: no sign and no leading zero (RFC 6901, section 4). */
function indexOf(key: string, length: number): number {
  if (/^(0|[1-9]\d*)$/.test(key) && Number(key) < length) return Number(key);
  throw new PatchMisfit(`there is no place "${key}" in a list of ${length}`);
}

/** What stands under a key. Keys that every object inherits are not there unless the document has them. */
function inside(container: Json, key: string): Json {
  const found = isList(container)
    ? container[indexOf(key, container.length)]
    : isObject(container) && Object.hasOwn(container, key)
      ? container[key]
      : undefined;
  if (found === undefined) throw new PatchMisfit(`there is no "${key}"`);
  return found;
}

/** An object with these entries; built so that a key such as `__proto__` is data. */
const objectOf = (entries: Iterable<readonly [string, Json]>): JsonMembers => Object.fromEntries(entries);

type Change = (container: Json, key: string) => Json;

/** The document with the container of the last key changed. */
function changed(document: Json, keys: readonly string[], change: Change): Json {
  const [first, ...rest] = keys;
  if (first === undefined) throw new PatchMisfit('the whole of an image cannot be replaced');
  if (rest.length === 0) return change(document, first);
  const inner = changed(inside(document, first), rest, change);
  if (isList(document)) return document.with(Number(first), inner);
  return objectOf(Object.entries(document as JsonMembers).map(([key, value]) => [key, key === first ? inner : value]));
}

const adding =
  (value: Json): Change =>
  (container, key) => {
    if (isList(container))
      return container.toSpliced(key === '-' ? container.length : indexOf(key, container.length + 1), 0, value);
    if (isObject(container)) return objectOf(new Map(Object.entries(container)).set(key, value));
    throw new PatchMisfit(`nothing can be put at "${key}": what it would stand in is neither an object nor a list`);
  };

const removing: Change = (container, key) => {
  inside(container, key);
  if (isList(container)) return container.toSpliced(Number(key), 1);
  return objectOf(Object.entries(container as JsonMembers).filter(([known]) => known !== key));
};

const replacing =
  (value: Json): Change =>
  (container, key) => {
    inside(container, key);
    if (isList(container)) return container.with(Number(key), value);
    return adding(value)(container, key);
  };

const valueAt = (document: Json, pointer: string): Json => keysOf(pointer).reduce<Json>(inside, document);

/** Whether two values are the same JSON; the order of keys does not count (RFC 6902, section 4.6). */
function isEqual(one: Json | undefined, other: Json | undefined): boolean {
  if (isList(one) && isList(other)) return one.length === other.length && one.every((item, at) => isEqual(item, other[at]));
  if (!isObject(one) || !isObject(other)) return one === other;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key]))
  );
}

/**
 * Whether two values say the same of an image: its lists are sets, which come as the provider has them today, and a null
 * within an object is a member that is not there, as a merge patch has it.
 */
export const isSame = (one: Json | undefined, other: Json | undefined): boolean => isEqual(inOrder(one), inOrder(other));

function inOrder(value: Json | undefined): Json | undefined {
  if (isList(value)) return value.map((item) => inOrder(item) ?? null).toSorted(byText);
  if (!isObject(value)) return value;
  return objectOf(
    Object.keys(value)
      .toSorted()
      .flatMap((key) => (value[key] === null ? [] : [[key, inOrder(value[key]) ?? null] as const])),
  );
}

const byText = (one: Json, other: Json): number => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);

const steps: { readonly [Op in PatchStep['op']]: (document: Json, step: PatchStep) => Json } = {
  add: (document, { path, value = null }) => changed(document, keysOf(path), adding(value)),
  remove: (document, { path }) => changed(document, keysOf(path), removing),
  replace: (document, { path, value = null }) => changed(document, keysOf(path), replacing(value)),
  copy: (document, { path, from = '' }) => changed(document, keysOf(path), adding(valueAt(document, from))),
  move(document, { path, from = '' }) {
    if (path.startsWith(`${from}/`)) throw new PatchMisfit(`"${from}" cannot be moved into itself`);
    const moved = valueAt(document, from);
    return changed(changed(document, keysOf(from), removing), keysOf(path), adding(moved));
  },
  test(document, { path, value = null }) {
    if (!isEqual(valueAt(document, path), value)) throw new PatchMisfit(`"${path}" is another value`, true);
    return document;
  },
};

/**
 * The document after every step of the patch, in order; the given one is left as it is. Throws `PatchMisfit` where a step
 * does not fit: then none counts.
 */
export function applyJsonPatch(document: Json, patch: readonly PatchStep[]): Json {
  return patch.reduce((now, step) => steps[step.op](now, step), document);
}
