import { conflictError, usageError, type ImgctlError } from '../../core/errors.ts';
import { imageFields, isOwnProperty, visibilities, type Image } from '../../core/image.ts';
import { checkName } from '../../core/image-name.ts';
import { editableFields } from '../../core/changes.ts';
import { isObject } from '../../core/json.ts';
import type { Changes, Editable } from '../../core/operation.ts';
import { applyJsonPatch, isSame, PatchMisfit, type JsonMembers, type PatchStep } from './json-patch.ts';
import { removable, settable } from '../operations/fields.ts';

/** A patch as the user wrote it, checked as far as it can be without the image. */
export interface PatchDocument {
  readonly kind: 'json-patch' | 'merge-patch';
  readonly content: unknown;
}

/** What an image has when it is printed. */
const shownFields: readonly string[] = [...imageFields, 'raw'];
const isEditable = (field: string): boolean => (editableFields as readonly string[]).includes(field);

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

/** The fields that a document may change, whatever the image is. */
export function fieldsOf({ kind, content }: PatchDocument): ReadonlySet<string> {
  if (kind === 'merge-patch') return new Set(Object.keys(content as object));
  const steps = (content as readonly PatchStep[]).filter(({ op }) => op !== 'test');
  return new Set(
    steps
      .flatMap((step) => [step.path, ...(step.op === 'move' ? [step.from ?? ''] : [])])
      .map((pointer) => fieldAt(pointer) ?? ''),
  );
}

/** Reads a document. Throws USAGE for a text that is none of this kind, or that changes what is read-only. */
export function parsePatch(text: string, kind: PatchDocument['kind']): PatchDocument {
  const content = parse(text, kind);
  if (kind === 'json-patch') checkSteps(content as readonly unknown[]);
  else for (const key of Object.keys(content as object)) checkField(key, `/${key}`, shownFields);
  return { kind, content };
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

/** Throws USAGE for a step that is none, or that cannot but change what is read-only. */
function checkSteps(steps: readonly unknown[]): void {
  for (const [index, step] of steps.entries()) {
    const { op, path, from } = (step ?? {}) as Record<string, unknown>;
    if (typeof op !== 'string' || !operations.includes(op))
      throw usageError(`operation ${index} of the JSON Patch: op is not one of ${operations.join(', ')}`);
    if (typeof path !== 'string') throw usageError(`operation ${index} of the JSON Patch has no path`);
    if ((op === 'move' || op === 'copy') && typeof from !== 'string')
      throw usageError(`operation ${index} of the JSON Patch (${op}) has no from`);
    if (['add', 'replace', 'test'].includes(op) && !('value' in (step as object)))
      throw usageError(`operation ${index} of the JSON Patch (${op}) has no value`);
    if (op !== 'test') checkPointer(path, op === 'remove' ? editableFields : shownFields);
    if (op === 'move') checkPointer(from as string, editableFields);
  }
}

/** A JSON Pointer (RFC 6901) must lead into one of the fields. */
function checkPointer(pointer: string, fields: readonly string[]): void {
  checkField(fieldAt(pointer), pointer, fields);
}

/** The field into which a JSON Pointer leads; absent where it is the whole document. */
const fieldAt = (pointer: string): string | undefined => keyAt(pointer, 1);

const keyAt = (pointer: string, place: number): string | undefined =>
  pointer.split('/')[place]?.replaceAll('~1', '/').replaceAll('~0', '~');

/** The properties that a document takes away by their names, not with all the others. */
function removedByName({ kind, content }: PatchDocument): ReadonlySet<string | undefined> {
  if (kind === 'merge-patch') {
    const { properties } = content as { readonly properties?: unknown };
    return new Set(isObject(properties) ? Object.keys(properties).filter((key) => properties[key] === null) : []);
  }
  const left = (content as readonly PatchStep[]).flatMap(({ op, path, from }) =>
    op === 'remove' ? [path] : op === 'move' && from !== undefined ? [from] : [],
  );
  return new Set(left.filter((pointer) => fieldAt(pointer) === 'properties').map((pointer) => keyAt(pointer, 2)));
}

function checkField(name: string | undefined, pointer: string, fields: readonly string[]): void {
  if (name === undefined || !fields.includes(name)) throw readOnly(pointer);
}

const readOnly = (pointer: string): ImgctlError =>
  usageError(`${pointer === '' ? 'the whole record' : pointer} is read-only`, {
    hint: `Writable: ${editableFields.map((name) => (name === 'properties' ? '/properties/KEY' : `/${name}`)).join(' ')}`,
  });

/**
 * The changes that lead from the image as it is to the image as the document wants it. What is read-only may stand in the
 * document as it is: what we print comes back. What is imgctl's own among the properties stays where all of them are written anew.
 * Throws USAGE where what is read-only differs, CONFLICT where the document does not apply.
 */
export function changesByDocument(image: Image, document: PatchDocument): Changes {
  // As JSON it has no fields that the provider did not give.
  const before = JSON.parse(JSON.stringify(image)) as JsonMembers;
  const after =
    document.kind === 'json-patch'
      ? applied(before, document.content as readonly PatchStep[], image.id)
      : (merged(before, document.content) as JsonMembers);
  const changed = shownFields.find((field) => !isEditable(field) && !isSame(before[field], after[field]));
  if (changed !== undefined) throw readOnly(`/${changed}`);
  return difference(before, after, removedByName(document));
}

function applied(target: JsonMembers, patch: readonly PatchStep[], id: string): JsonMembers {
  try {
    return applyJsonPatch(target, patch) as JsonMembers;
  } catch (error) {
    if (!(error instanceof PatchMisfit)) throw error;
    if (error.test) throw conflictError(`the patch's test failed for ${id}: ${error.message}`);
    throw conflictError(`the patch does not apply to ${id}: ${error.message}`);
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

function difference(before: JsonMembers, after: JsonMembers, named: ReadonlySet<string | undefined>): Changes {
  const changes: Record<string, unknown> = {};
  for (const field of editableFields) {
    if (field === 'properties') Object.assign(changes, propertyChanges(before.properties, after.properties, named));
    else if (isSame(before[field], after[field])) continue;
    else if (field === 'tags') changes.tags = textList(after.tags ?? [], 'tags');
    else changes[field] = checked(field, after[field] ?? null);
  }
  return changes as Changes;
}

function propertyChanges(before: unknown, after: unknown, named: ReadonlySet<string | undefined>): Changes {
  const [old, wanted] = [isObject(before) ? before : {}, after ?? {}];
  if (!isObject(wanted)) throw usageError('properties are an object of texts');
  const set = Object.entries(wanted).filter(([key, value]) => old[key] !== value);
  const odd = set.find(([, value]) => typeof value !== 'string');
  if (odd) throw usageError(`the property ${odd[0]} must be a text, not ${JSON.stringify(odd[1])}`);
  const removed = Object.keys(old).filter((key) => !Object.hasOwn(wanted, key) && (named.has(key) || !isOwnProperty(key)));
  return {
    ...(set.length > 0 ? { properties: settable(Object.fromEntries(set) as Record<string, string>) } : {}),
    ...(removed.length > 0 ? { removeProperties: removable(removed) } : {}),
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

function checkBytes(field: Editable): Rule {
  return (value) => {
    if (Number.isSafeInteger(value) && Number(value) >= 0) return;
    throw usageError(`${field} must be a whole number of bytes, not ${JSON.stringify(value)}`);
  };
}

type Rule = (value: unknown) => void;

/** What the options refuse, a document is refused for too. */
const rules: Readonly<Partial<Record<Editable, Rule>>> = {
  name(value) {
    if (value === '') throw usageError('name: an image needs a name');
    checkName(String(value));
  },
  visibility(value) {
    if (visibilities.some((known) => known === value)) return;
    throw usageError(`visibility: ${JSON.stringify(value)} is not one of ${visibilities.join(', ')}`);
  },
  minDiskBytes: checkBytes('minDiskBytes'),
  minRamBytes: checkBytes('minRamBytes'),
};

function checked(field: Editable, value: unknown): unknown {
  const kind = kinds[field] ?? 'string';
  if (value === null) return value;
  if (typeof value !== kind) throw usageError(`${field} must be a ${kind}, not ${JSON.stringify(value)}`);
  rules[field]?.(value);
  return value;
}
