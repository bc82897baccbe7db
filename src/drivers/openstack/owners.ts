import type { Owner } from '../../core/identity.ts';
import { objectIn, objectsIn } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { textIn } from './json.ts';

/**
 * The projects of this name: those that the user is a member of, and, where Keystone lets him look (by default administrators
 * only), all. None where Keystone is not asked at all.
 */
export async function owners(client: OpenstackClient, name: string, call: Call): Promise<readonly Owner[]> {
  const query = new URLSearchParams({ name }).toString();
  const [own, all] = await Promise.all([
    client.askKeystone('/auth/projects', call),
    client.askKeystone(`/projects?${query}`, call),
  ]);
  const found = [own, all].flatMap((answer) => objectsIn(objectIn(answer).projects)).filter((project) => project.name === name);
  const ids = new Set(found.flatMap(({ id }) => textIn(id) ?? []));
  return [...ids].map((id) => ({ id, names: [name] }));
}
