import { conflictError, notFoundError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { pagesOf, type PageReader } from './pages.ts';
import { idOf } from './record.ts';

/** The ids of the projects of this name that the key sees. */
export async function projectsNamed(client: PageReader, name: string, call: Call): Promise<readonly string[]> {
  const first = `${client.address.root}/projects?name=${encodeURIComponent(name)}`;
  const found = new Set<string>();
  for await (const page of pagesOf(client, first, `looking for project "${name}"`, call))
    for (const project of page.data) if (isObject(project) && project['name'] === name) found.add(idOf(project['id']) ?? '');
  found.delete('');
  return [...found];
}

/** The id of the project of this name. Throws NOT_FOUND or CONFLICT unless there is exactly one. */
export async function projectNamed(client: PageReader, name: string, call: Call): Promise<string> {
  const ids = await projectsNamed(client, name, call);
  const hint = 'Set project to an id such as 1a5.';
  if (ids.length > 1) throw conflictError(`several projects are called "${name}": ${ids.join(', ')}`, { hint });
  if (ids[0] === undefined) throw notFoundError(`this key sees no project called "${name}"`, { hint });
  return ids[0];
}
