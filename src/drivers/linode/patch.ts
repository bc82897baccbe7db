import { usageError } from '../../core/errors.ts';
import { tagsAfter } from '../../core/changes.ts';
import { requireNoConflict } from '../../core/conflict.ts';
import type { PreparedTry } from '../../core/http.ts';
import type { Changes, Operation } from '../../core/operation.ts';
import { askImage, imagePath, readImage, type LinodeClient } from './client.ts';
import { editable, requireChangeable, requireKnown, warnOfName } from './fields.ts';

/** The keys of a PUT: those that change and no other, for the API takes the rest as it is. Clearing tags takes an empty list. */
function bodyOf(changes: Changes, tags: readonly string[] | undefined): Readonly<Record<string, unknown>> {
  return {
    ...(changes.name === undefined ? {} : { label: changes.name }),
    ...(changes.description === undefined ? {} : { description: changes.description ?? '' }),
    ...(tags === undefined ? {} : { tags }),
  };
}

const isSameSet = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((one) => others.includes(one));

export const patch: Operation<LinodeClient, 'patch'> = {
  fields: editable,

  async run(client, { id, changes, basis }, call) {
    requireChangeable(id, 'change');
    requireKnown(changes);
    if (changes.name === null) throw usageError(`the name of ${id} cannot be cleared`, { hint: 'Set another name.' });
    warnOfName(changes.name, call);
    // Only changes relative to the tags that are there need a look at them.
    const isRelative = changes.tags === undefined && (changes.addTags !== undefined || changes.removeTags !== undefined);
    const now = isRelative ? await readImage(client, id, call) : undefined;
    const tags = tagsAfter(now?.tags ?? [], changes);
    const body = bodyOf(changes, now && tags && isSameSet(now.tags, tags) ? undefined : tags);
    if (Object.keys(body).length === 0) return now ?? readImage(client, id, call);
    const before = basis ?? now;
    // Oddity: tags are written as a whole and there is no ETag: they are made from what is there right before each try.
    const prepare = async (): Promise<PreparedTry> => {
      if (!before) return { json: body };
      const there = await readImage(client, id, call);
      requireNoConflict(before, there, changes);
      return { json: bodyOf(changes, body.tags === undefined ? undefined : tagsAfter(there.tags, changes)) };
    };
    return askImage(client, { id, method: 'PUT', path: imagePath(id), prepare, what: `changing ${id}` }, call);
  },
};
