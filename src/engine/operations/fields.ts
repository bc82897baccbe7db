import { parseBoolean } from '../../core/boolean.ts';
import { unsupportedError, usageError } from '../../core/errors.ts';
import { isOwnProperty } from '../../core/image.ts';
import type { Next } from '../../core/hint.ts';
import { markBelongsTo } from '../../core/marks.ts';
import type { Editable, Extra, Extras, ExtraValues } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';

/** The properties that a user wants set. Throws USAGE for one that only imgctl sets, since it is believed. */
export function settable(properties: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const own = Object.keys(properties).find(isOwnProperty);
  if (own === undefined) return properties;
  throw usageError(`property ${own} is set by imgctl only`, { hint: 'Use a name that does not begin with "imgctl.".' });
}

/** The same of all that a user says of an image. */
export function describable<Said extends { readonly properties?: Readonly<Record<string, string>> | undefined }>(
  said: Said,
): Said {
  settable(said.properties ?? {});
  return said;
}

/**
 * The names of properties that a user wants removed. Throws USAGE for marks that a command of their own takes away: without one of them a
 * channel has no target or no history. Removing what else is imgctl's own does no harm, and takes a revocation back.
 */
export function removable(names: readonly string[]): readonly string[] {
  for (const name of names) {
    const owner = markBelongsTo(name);
    if (owner === undefined) continue;
    throw usageError(`property ${name} is removed by imgctl only`, {
      next: owner === 'managed' ? unmanaging : moving(owner.channel),
    });
  }
  return names;
}

const unmanaging: readonly Next[] = [{ verb: 'patch', image: 'IMAGE', options: { unmanage: true } }];
const moving = (channel: string): readonly Next[] => [
  { verb: 'channel set', args: [`NAME@${channel}`, { inProfile: 'IMAGE' }] },
  { verb: 'channel rollback', args: [`NAME@${channel}`] },
  { verb: 'channel delete', args: [`NAME@${channel}`] },
];

/** The fields that such changes concern, as an image has them. */
export const fieldsChanged = (asked: object): readonly string[] => [
  ...new Set(Object.keys(asked).map((name) => fieldOfChange[name] ?? name)),
];

const fieldOfChange: Readonly<Record<string, Editable>> = { addTags: 'tags', removeTags: 'tags', removeProperties: 'properties' };

/** Throws UNSUPPORTED, before any request, for a field that the provider cannot set with this verb. */
export function checkFields(at: Account, verb: string, fields: readonly Editable[], asked: object): void {
  const known: readonly string[] = [...fields, 'name'];
  const refused = fieldsChanged(asked).filter((name) => !known.includes(name));
  if (refused.length === 0) return;
  throw unsupportedError(`${at.provider} cannot set ${refused.join(', ')} with ${verb}`, {
    provider: at.provider,
    profile: at.profile,
    hint: fields.length > 0 ? `Supported: ${fields.join(', ')}` : `${at.provider} has no fields to set with ${verb}.`,
  });
}

/** Throws, before any request, where an id is wanted for a new image that it cannot have, or none is made. */
export function checkOwnId(
  at: Account,
  verb: { readonly ownId?: boolean },
  { id, into }: { readonly id?: string | undefined; readonly into?: string | undefined },
): void {
  if (id === undefined) return;
  if (into !== undefined) throw usageError('--into and --id cannot be combined: the record has its id');
  if (!verb.ownId) throw unsupportedError(`${at.provider} does not support choosing an id`);
  at.driver.checkOwnId(id);
}

/** The values of `--set`, each of the kind that the driver declares. Throws USAGE for a name or value it does not take. */
export function extrasFrom(at: Account, facts: Extras, set: Readonly<Record<string, string>>): ExtraValues {
  const known = facts.extras ?? {};
  return Object.fromEntries(
    Object.entries(set).map(([name, text]) => {
      const extra = Object.hasOwn(known, name) ? known[name] : undefined;
      if (!extra)
        throw usageError(`--set: unknown field for ${at.provider}: ${name}`, {
          hint:
            Object.keys(known).length > 0
              ? `Supported: ${Object.keys(known).join(', ')}`
              : 'Omit --set: no fields are supported here.',
        });
      return [name, extraValue(name, extra, text)];
    }),
  );
}

function extraValue(name: string, extra: Extra, text: string): string | number | boolean {
  const { kind, choices = [text] } = extra;
  if (kind === 'text' && choices.includes(text)) return text;
  if (kind === 'text') throw usageError(`--set ${name}: "${text}" is not one of ${choices.join(', ')}`);
  if (extra.kind === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  const flag = extra.kind === 'flag' ? parseBoolean(text) : undefined;
  if (flag !== undefined) return flag;
  throw usageError(`--set ${name}: "${text}" is not ${extra.kind === 'flag' ? 'true or false' : 'a number'}`);
}
