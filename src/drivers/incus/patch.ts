import { isSoAlready, requireNoConflict } from '../../core/conflict.ts';
import { usageError } from '../../core/errors.ts';
import type { PreparedTry } from '../../core/http.ts';
import type { ImageRecord } from '../../core/image.ts';
import { isObject } from '../../core/json.ts';
import type { Call, Changes, Editable, Operation } from '../../core/operation.ts';
import { channelAliases } from './channel-names.ts';
import { checkAlias, giveAlias, renameAlias } from './aliases.ts';
import { ask, imagePath, readImage, trusted, type IncusClient } from './client.ts';
import { warnOfProperties } from './description.ts';
import { isStale } from './errors.ts';
import { isNone, label, labelChanges, labelsOf } from './labels.ts';
import { aliasesOf, keptName, recordFrom } from './record.ts';

const editable = ['name', 'description', 'visibility', 'properties'] as const satisfies readonly Editable[];

export const patch: Operation<IncusClient, 'patch'> = {
  fields: editable,
  extras: labelChanges,

  async run(client, { id, changes, basis, extras }, call) {
    const body = bodyOf(changes);
    const labels = labelsOf(extras);
    await trusted(client, `changing ${id}`, call);
    const now = await readImage(client, id, call);
    requireNoConflict(basis ?? now, now, changes);
    const isSo = isSoAlready(now, changes) && isNone(labels) && isCalled(now, changes.name);
    if (isSo) return now;
    warnOfProperties(changes.properties ?? {}, call);
    if (typeof changes.name === 'string') await rename(client, now, changes.name, call);
    if (Object.keys(body).length > 0) await write(client, { id, body, changes, before: basis ?? now }, call);
    await label(client, id, labels, call);
    return readImage(client, id, call);
  },
};

/** Oddity: what nobody has called anything is shown by its property, and found by that name nowhere else. */
const isCalled = ({ raw }: ImageRecord, name: Changes['name']): boolean =>
  typeof name !== 'string' || aliasesOf(raw).includes(name);

/**
 * The keys that change. Oddity: a property goes by an empty value, for the server keeps none; of other keys than these two it says that
 * they were changed, and leaves them.
 */
function bodyOf({ name, description, visibility, properties = {}, removeProperties = [] }: Changes): Record<string, unknown> {
  if (name === null) throw usageError('the name of an image cannot be cleared', { hint: 'Set another name.' });
  if (name !== undefined) checkAlias(name);
  const empty = Object.keys(properties).find((key) => properties[key] === '');
  if (empty !== undefined)
    throw usageError(`the property "${empty}" cannot be empty: the server keeps no empty values`, {
      hint: `Remove it with --remove-property ${empty}, or give it a value.`,
    });
  const all = {
    ...Object.fromEntries(Object.entries(properties).map(([key, value]) => [keptName(key), value])),
    ...Object.fromEntries(removeProperties.map((key) => [keptName(key), ''])),
    ...(description === undefined ? {} : { description: description ?? '' }),
  };
  return {
    ...(visibility === undefined ? {} : { public: visibility === 'public' }),
    ...(Object.keys(all).length > 0 ? { properties: all } : {}),
  };
}

interface Write {
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly changes: Changes;
  readonly before: ImageRecord;
}

/** Each try is made from what is there right before it, and refused by the server where that has changed since. */
async function write(client: IncusClient, { id, body, changes, before }: Write, call: Call): Promise<void> {
  const { name: _renamed, ...written } = changes;
  const what = `changing ${id}`;
  const prepare = async (): Promise<PreparedTry> => {
    const told = await ask(client, { method: 'GET', path: imagePath(id), what: `reading ${id}` }, call);
    requireNoConflict(before, recordFrom(told.body.metadata, what, before.owner), written);
    return { json: body, headers: { 'if-match': told.answer.headers.etag } };
  };
  await ask(client, { method: 'PATCH', path: imagePath(id), prepare, retryWhen: isStale, what }, call);
}

/** Gives an image another name: the one that it is shown by is renamed, others stay. */
async function rename(client: IncusClient, image: ImageRecord, name: string, call: Call): Promise<void> {
  const { id, raw, name: before } = image;
  if (name === before && aliasesOf(raw).includes(name)) return;
  const [from, ...others] = isObject(raw) ? aliasesOf(raw, channelAliases(image)) : [];
  if (others.includes(name)) return;
  if (from === undefined) await giveAlias(client, { name, target: id, mustBeFree: true }, call);
  else await renameAlias(client, { from, to: name, image }, call);
  const shorter = others.find((other) => other.length < name.length);
  if (shorter !== undefined)
    call.note({ kind: 'warning', message: `${id} is also called ${shorter}, and is shown by that name, which is shorter` });
}
