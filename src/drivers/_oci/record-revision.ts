import { editableFields, propertiesAfter, tagsAfter } from '../../core/changes.ts';
import { conflictError, usageError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Changes, Description } from '../../core/operation.ts';
import { storedRecord, recordSchema } from './record.ts';

/** Fields that a record keeps. There is no owner: who may write here owns all of it. */
export const recordFields = editableFields.filter((field) => field !== 'owner');

/** The first revision of a record: queued, for it has no data. */
export function firstRecord(id: string, description: Description & { readonly name: string }, now: string): JsonObject {
  const { owner: _owner, tags, properties, ...said } = description;
  return {
    schema: recordSchema,
    id,
    revision: 1,
    status: 'queued',
    visibility: 'private',
    protected: false,
    hidden: false,
    ...said,
    tags: [...new Set(tags)],
    properties: { ...properties },
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * The next revision, with some fields different; `undefined` takes a field away. Fields that this version does not
 * know stay. Throws CONFLICT for a record that a newer version wrote, for its meaning may not survive.
 */
export function nextRecord(json: JsonObject, id: string, fields: JsonObject, now: string): JsonObject {
  const { schema, revision } = storedRecord(json);
  if (schema > recordSchema)
    throw conflictError(`image ${id} was written by a newer version of imgctl (record version ${schema})`, {
      hint: 'Update imgctl to change it.',
    });
  const next = { ...json, ...fields, schema: recordSchema, id, revision: revision + 1, updatedAt: now };
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined));
}

/** The fields that a change sets. Throws USAGE for what cannot be cleared, CONFLICT for what the data decides. */
export function changedFields(json: JsonObject, id: string, changes: Changes): JsonObject {
  const now = storedRecord(json);
  if (changes.name === null) throw usageError('the name cannot be removed');
  if (changes.diskFormat !== undefined && changes.diskFormat !== now.diskFormat && now.status !== 'queued')
    throw conflictError(`the data of image ${id} is ${now.diskFormat ?? 'of an unknown format'}; diskFormat cannot be changed`, {
      hint: 'Convert it to a file with:',
      next: [{ verb: 'download', image: id, args: ['FILE'], options: { 'disk-format': 'FORMAT' } }],
    });
  const simple = recordFields.filter((field) => field !== 'tags' && field !== 'properties');
  const set = simple.filter((field) => changes[field] !== undefined).map((field) => [field, changes[field] ?? undefined]);
  const tags = tagsAfter(now.tags, changes);
  return { ...Object.fromEntries(set), ...(tags ? { tags } : {}), properties: propertiesAfter(now.properties, changes) };
}

/** Whether fields are what the record says already: then there is nothing to write. */
export const changesNothing = (json: JsonObject, fields: JsonObject): boolean =>
  Object.entries(fields).every(([name, value]) => JSON.stringify(json[name] ?? null) === JSON.stringify(value ?? null));
