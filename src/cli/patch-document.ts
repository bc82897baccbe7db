import { conflictError, notFoundError, usageError } from '../core/errors.ts';
import type { Image } from '../core/image.ts';
import { editableFields } from '../core/changes.ts';
import type { Changes, Editable } from '../core/operation.ts';
import { textOf } from '../host/text-file.ts';
import type { Surface } from './context.ts';
import { applyJsonPatch, PatchMisfit, type Json, type JsonObject, type PatchStep } from './json-patch.ts';

/** A patch as the user wrote it, checked as far as it can be without the image. */
export interface PatchDocument {
  readonly kind: 'json-patch' | 'merge-patch';
  readonly content: unknown;
  /** Fields that it touches, as keys. */
  readonly touches: Readonly<Record<string, true>>;
}

type Document = Partial<Record<Editable, unknown>>;

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

/** Reads the document of `--json-patch` or `--merge-patch`. Throws USAGE for anything that is not one, before any request. */
export async function readPatch(
  input: { readonly jsonPatch: string | undefined; readonly mergePatch: string | undefined },
  surface: Surface,
): Promise<PatchDocument | undefined> {
  if (input.jsonPatch !== undefined && input.mergePatch !== undefined)
    throw usageError('--json-patch and --merge-patch cannot be combined');
  const file = input.jsonPatch ?? input.mergePatch;
  if (file === undefined) return undefined;
  const kind = input.jsonPatch === undefined ? 'merge-patch' : 'json-patch';
  const content = parse(await documentText(file, surface), kind);
  const paths = kind === 'json-patch' ? pathsOf(content) : Object.keys(content as object).map((key) => `/${key}`);
  return { kind, content, touches: Object.fromEntries(paths.map((path) => [fieldOf(path), true as const])) };
}

async function documentText(file: string, surface: Surface): Promise<string> {
  if (file === '-') return surface.readStdin();
  const text = await textOf(file);
  if (text === undefined) throw notFoundError(`no such file: ${file}`);
  return text;
}

function parse(text: string, kind: PatchDocument['kind']): unknown {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw usageError(`the ${kind} is not JSON: ${(cause as Error).message}`);
  }
  if (kind === 'json-patch' && !Array.isArray(content))
    throw usageError('a JSON Patch is an array of operations (RFC 6902)', {
      hint: 'Use: [{"op":"replace","path":"/name","value":"…"}]',
    });
  if (kind === 'merge-patch' && (typeof content !== 'object' || content === null || Array.isArray(content)))
    throw usageError('a JSON Merge Patch for an image is an object (RFC 7386)', { hint: 'Use: {"name":"…","description":null}' });
  return content;
}

function pathsOf(content: unknown): readonly string[] {
  return (content as readonly unknown[]).flatMap((operation, index) => {
    const { op, path, from } = (operation ?? {}) as Record<string, unknown>;
    if (typeof op !== 'string' || !operations.includes(op))
      throw usageError(`operation ${index} of the JSON Patch: op is not one of ${operations.join(', ')}`);
    if (typeof path !== 'string') throw usageError(`operation ${index} of the JSON Patch has no path`);
    if ((op === 'move' || op === 'copy') && typeof from !== 'string')
      throw usageError(`operation ${index} of the JSON Patch (${op}) has no from`);
    if (['add', 'replace', 'test'].includes(op) && !('value' in (operation as object)))
      throw usageError(`operation ${index} of the JSON Patch (${op}) has no value`);
    return op === 'test' ? [] : op === 'move' ? [path, from as string] : [path];
  });
}

/** The field that a JSON Pointer (RFC 6901) leads into. Throws USAGE for one that cannot be changed. */
function fieldOf(pointer: string): Editable {
  const first = pointer.split('/')[1]?.replaceAll('~1', '/').replaceAll('~0', '~');
  const field = editableFields.find((known) => known === first);
  if (field) return field;
  throw usageError(`${pointer === '' ? 'the whole record' : pointer} is read-only`, {
    hint: `Writable: ${editableFields.map((name) => (name === 'properties' ? '/properties/KEY' : `/${name}`)).join(' ')}`,
  });
}

const documentOf = (image: Image): Document => {
  const filled = editableFields
    .filter((field) => image[field] !== undefined)
    .map((field) => [field, structuredClone(image[field])]);
  return Object.fromEntries(filled) as Document;
};

/** The changes that lead from the image as it is to the image as the document wants it. */
export function changesByDocument(image: Image, document: PatchDocument): Changes {
  const before = documentOf(image);
  const after =
    document.kind === 'json-patch'
      ? applied(documentOf(image), document.content as readonly PatchStep[], image)
      : merged(before, document.content);
  return difference(before, after as Document);
}

function applied(target: Document, patch: readonly PatchStep[], image: Image): Document {
  try {
    // As JSON it has no fields that the provider did not give.
    const shown = JSON.parse(JSON.stringify({ ...image, ...target })) as Json;
    const whole = applyJsonPatch(shown, patch) as JsonObject;
    return Object.fromEntries(
      editableFields.filter((field) => Object.hasOwn(whole, field)).map((field) => [field, whole[field]]),
    ) as Document;
  } catch (error) {
    if (!(error instanceof PatchMisfit)) throw error;
    if (error.test) throw conflictError(`the patch's test failed for ${image.id}: ${error.message}`);
    throw conflictError(`the patch does not apply to ${image.id}: ${error.message}`);
  }
}

/** RFC 7386, section 2. */
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, merged(result.get(key), value));
  }
  return Object.fromEntries(result);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function difference(before: Document, after: Document): Changes {
  const changes: Record<string, unknown> = {};
  for (const field of editableFields) {
    if (JSON.stringify(before[field]) === JSON.stringify(after[field])) continue;
    if (field === 'properties') Object.assign(changes, propertyChanges(before.properties, after.properties));
    else if (field === 'tags') changes.tags = textList(after.tags ?? [], 'tags');
    else changes[field] = checked(field, after[field] ?? null);
  }
  return changes as Changes;
}

function propertyChanges(before: unknown, after: unknown): Changes {
  const [old, wanted] = [isObject(before) ? before : {}, after ?? {}];
  if (!isObject(wanted)) throw usageError('properties are an object of texts');
  const set = Object.entries(wanted).filter(([key, value]) => old[key] !== value);
  const odd = set.find(([, value]) => typeof value !== 'string');
  if (odd) throw usageError(`the property ${odd[0]} must be a text, not ${JSON.stringify(odd[1])}`);
  const removed = Object.keys(old).filter((key) => !Object.hasOwn(wanted, key));
  return {
    ...(set.length > 0 ? { properties: Object.fromEntries(set) as Record<string, string> } : {}),
    ...(removed.length > 0 ? { removeProperties: removed } : {}),
  };
}

function textList(value: unknown, what: string): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value as string[];
  throw usageError(`${what} must be a list of texts`);
}

const kinds: Readonly<Record<string, string>> = {
  protected: 'boolean',
  hidden: 'boolean',
  minDiskBytes: 'number',
  minRamBytes: 'number',
};

function checked(field: Editable, value: unknown): unknown {
  const kind = kinds[field] ?? 'string';
  if (value === null || typeof value === kind) return value;
  throw usageError(`${field} must be a ${kind}, not ${JSON.stringify(value)}`);
}
