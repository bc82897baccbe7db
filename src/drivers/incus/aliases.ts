import { conflictError, ImgctlError, usageError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import type { ImageRecord } from '../../core/image.ts';
import { isObject, textIn } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { aliasPath, ask, serverInfo, type IncusClient } from './client.ts';

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

/** Throws CONFLICT where an image is called so: said before anything is made that could not get the name. */
export async function requireFree(client: IncusClient, name: string, call: Call): Promise<void> {
  const there = await readAlias(client, name, call);
  if (there) throw conflictError(`the name "${name}" is taken by image ${there.target}`);
}

/** Takes an alias away where it leads to this image. */
export async function takeAlias(
  client: IncusClient,
  { name, target }: { readonly name: string; readonly target: string },
  call: Call,
): Promise<void> {
  if ((await readAlias(client, name, call))?.target !== target) return;
  await ask(client, { method: 'DELETE', path: aliasPath(name), what: `taking the name ${name} away` }, call);
}

interface NewAlias {
  readonly name: string;
  readonly target: string;
  readonly mustBeFree: boolean;
  readonly description?: string;
}

/**
 * Gives an image a name. One that leads elsewhere is moved here in one step, or, where it `mustBeFree`, is a CONFLICT. A CONFLICT too
 * where somebody else moves it at the same time.
 */
export async function giveAlias(
  client: IncusClient,
  { name, target, mustBeFree, description: own = '' }: NewAlias,
  call: Call,
): Promise<void> {
  const what = `naming the image ${name}`;
  try {
    await ask(client, { method: 'POST', path: 'images/aliases', json: { name, target, description: own }, what }, call);
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

/**
 * Gives an image another name in the place of one that it has. Throws CONFLICT where the new name is taken. Oddity: LXD 5.0 renames
 * after holding its database for ten seconds; there the new name is given before the old one is taken away.
 */
export async function renameAlias(
  client: IncusClient,
  { from, to, image: { id, raw } }: { readonly from: string; readonly to: string; readonly image: ImageRecord },
  call: Call,
): Promise<void> {
  const what = `renaming ${from} to ${to}`;
  if ((await serverInfo(client, call)).product === 'lxd') {
    const rows = Array.isArray(raw.aliases) ? raw.aliases.filter(isObject) : [];
    const description = textIn(rows.find(({ name }) => name === from)?.description) ?? '';
    await giveAlias(client, { name: to, target: id, mustBeFree: true, description }, call);
    await ask(client, { method: 'DELETE', path: aliasPath(from), what }, call);
    return;
  }
  try {
    await ask(client, { method: 'POST', path: aliasPath(from), json: { name: to }, what }, call);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code !== 'CONFLICT') throw error;
    await requireFree(client, to, call);
    throw error;
  }
}
