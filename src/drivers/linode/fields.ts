import { unsupportedError, type ImgctlError } from '../../core/errors.ts';
import type { Call, Changes, Editable } from '../../core/operation.ts';
import { isLinodes } from './client.ts';
import { isSharedByOthers } from './record.ts';

/** What can be said of a Linode image. https://techdocs.akamai.com/linode-api/reference/put-image */
export const editable = ['name', 'description', 'tags'] as const satisfies readonly Editable[];

const known = new Set<string>([...editable, 'addTags', 'removeTags']);

/** Throws UNSUPPORTED when something is said that a Linode image has no room for. */
export function requireKnown(said: Changes): void {
  const strange = Object.entries(said).find(([field, value]) => value !== undefined && !known.has(field))?.[0];
  if (strange === undefined) return;
  throw unsupportedError(`a Linode image has no field ${strange}`, { hint: `Supported: ${editable.join(', ')}` });
}

/** Throws UNSUPPORTED for one of Linode's public images, and for what another account shares; `what` is what was to be done. */
export function requireChangeable(id: string, what: string): void {
  const refusal = unchangeable(id, what);
  if (refusal) throw refusal;
}

/** Why an image is not to be changed by this account; absent: it is its own. */
export function unchangeable(id: string, what: string): ImgctlError | undefined {
  if (!isLinodes(id) && !isSharedByOthers(id)) return undefined;
  const whose = isLinodes(id) ? 'public images belong to Linode' : 'it belongs to the account that shares it';
  return unsupportedError(`cannot ${what} ${id}: ${whose}`, {
    hint: 'List your own images with:',
    next: [{ verb: 'list' }],
  });
}

/**
 * The API documents no rule for names; Linode's own web interface takes 1 to 50 of these characters.
 * The user is told, the server judges.
 */
export function warnOfName(name: string | null | undefined, call: Call): void {
  if (typeof name !== 'string' || /^[a-zA-Z0-9,.?\-_\s']{1,50}$/.test(name)) return;
  const message = `Linode may refuse the name "${name}": it takes 1 to 50 letters, digits, spaces and , . ? - _ '`;
  call.note({ kind: 'warning', message });
}
