import { notFoundError, providerError, unsupportedError } from '../../core/errors.ts';
import { isObject, objectIn, objectsIn } from '../../core/json.ts';
import type { Call, Place } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { textIn, textsIn } from './json.ts';

/** Ways of import that this site offers; none where it has no imports at all. */
export async function importMethods(client: OpenstackClient, call: Call): Promise<readonly string[]> {
  const answer = await client.ask(
    { what: 'reading the import methods', method: 'GET', path: '/info/import', welcome: [404] },
    call,
  );
  if (answer.status === 404) return [];
  const methods = objectIn(answer.json())['import-methods'];
  if (!isObject(methods)) throw providerError(`reading the import methods: the answer of ${answer.url} holds none`);
  return textsIn(methods.value);
}

/** Throws UNSUPPORTED when the site does not offer a way of import. */
export async function needMethod(client: OpenstackClient, method: string, call: Call): Promise<void> {
  const offered = await importMethods(client, call);
  if (offered.includes(method)) return;
  throw unsupportedError(`this site does not offer the import method ${method}`, {
    hint: offered.length > 0 ? `Supported: ${offered.join(', ')}` : 'Use upload: this site has no imports.',
  });
}

/** The stores of this site. Absent: it has a single one, without a name. */
export async function stores(client: OpenstackClient, call: Call): Promise<readonly Place[] | undefined> {
  const what = 'reading the stores';
  const answer = await client.ask({ what, method: 'GET', path: '/info/stores', welcome: [404] }, call);
  if (answer.status === 404) return undefined;
  const wire = objectIn(answer.json());
  if (!Array.isArray(wire.stores)) throw providerError(`${what}: the answer of ${answer.url} holds no list of stores`);
  return objectsIn(wire.stores).map((store) => {
    const title = textIn(store.description);
    // Oddity: these two booleans are the texts "true" and "false".
    const readOnly = store['read-only'] === 'true';
    return {
      name: textIn(store.id) ?? '',
      ...(title === undefined ? {} : { title }),
      usable: readOnly ? ('no' as const) : ('yes' as const),
      ...(store.default === 'true' ? { isDefault: true } : {}),
      ...(readOnly ? { note: 'read-only' } : {}),
    };
  });
}

export const singleStore = 'this site keeps images in a single store, which has no name';

/** Throws NOT_FOUND, with those that exist, for a store that does not; UNSUPPORTED where stores have no names. */
export async function needStores(client: OpenstackClient, wanted: readonly string[], call: Call): Promise<void> {
  if (wanted.length === 0) return;
  const there = await stores(client, call);
  if (!there) throw unsupportedError(singleStore);
  const names = there.map((store) => store.name);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw notFoundError(`no such store: ${unknown.join(', ')}`, { hint: `Stores: ${names.join(', ')}` });
}
