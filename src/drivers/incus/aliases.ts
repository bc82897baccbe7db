import { conflictError, ImgctlError, usageError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import type { Call } from '../../core/operation.ts';
import { aliasPath, ask, type IncusClient } from './client.ts';
import { isObject, textIn } from './record.ts';

/** Where a name leads to now. */
interface Alias {
  readonly target: string;
  readonly description: string;
  readonly etag: string | undefined;
}

/** The alias of this name; absent: there is none. */
export async function readAlias(client: IncusClient, name: string, call: Call): Promise<Alias | undefined> {
  try {
    const { answer, body } = await ask(client, { method: 'GET', path: aliasPath(name), what: `reading the alias ${name}` }, call);
    const wire = isObject(body.metadata) ? body.metadata : {};
    return { target: textIn(wire.target) ?? '', description: textIn(wire.description) ?? '', etag: answer.headers.etag };
  } catch (error) {
    if (isNoSuchImage(error)) return undefined;
    throw error;
  }
}

/** Throws USAGE for what can be no name: the server would take it, and nobody could reach it any more. */
export function checkAlias(name: string): void {
  if (name.trim() === '' || /^\.{1,2}$/.test(name))
    throw usageError(`"${name}" cannot be the name of an image`, { hint: 'Use another name.' });
}

/**
 * Gives an image a name. One that leads elsewhere is moved here in one step, or, where it `mustBeFree`, is a CONFLICT. A CONFLICT too
 * where somebody else moves it at the same time.
 */
export async function giveAlias(
  client: IncusClient,
  { name, target, mustBeFree }: { readonly name: string; readonly target: string; readonly mustBeFree: boolean },
  call: Call,
): Promise<void> {
  const what = `naming the image ${name}`;
  try {
    await ask(client, { method: 'POST', path: 'images/aliases', json: { name, target, description: '' }, what }, call);
    return;
  } catch (error) {
    if (!(error instanceof ImgctlError) || !['CONFLICT', 'NETWORK'].includes(error.code)) throw error;
    const there = await readAlias(client, name, call);
    if (there?.target === target) return;
    if (!there || error.code === 'NETWORK') throw error;
    if (mustBeFree) throw conflictError(`the name "${name}" is taken by image ${there.target}`, error.circumstances);
    const { description, etag } = there;
    const prepare = () => Promise.resolve({ json: { target, description }, headers: { 'if-match': etag } });
    await ask(client, { method: 'PUT', path: aliasPath(name), prepare, what }, call);
  }
}

/** Renames an alias. Throws CONFLICT where the new name is taken. */
export async function renameAlias(client: IncusClient, from: string, to: string, call: Call): Promise<void> {
  await ask(client, { method: 'POST', path: aliasPath(from), json: { name: to }, what: `renaming ${from} to ${to}` }, call);
}
