import { configError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { eachImage } from './pages.ts';
import { newestFirst } from './query.ts';
import { textIn } from './json.ts';

/** Private images that are looked at: as many as a page holds. */
const looked = 1000;

/**
 * The project of a token of which nobody tells whose it is (Keystone is not asked): whose private images are seen. Absent: there
 * are none. Throws CONFIG where they are of several projects: then the token is an administrator's, and none can be told for his.
 */
export async function ownProject(client: OpenstackClient, call: Call): Promise<string | undefined> {
  const owners = new Set<string>();
  const query = new URLSearchParams({ visibility: 'private', sort: newestFirst });
  for await (const image of eachImage(client, { query, limit: looked }, call)) {
    owners.add(textIn(image.owner) ?? '');
    if (owners.size > 1) break;
  }
  owners.delete('');
  if (owners.size > 1)
    throw configError('the token sees private images of several projects, and which of them is yours is not known', {
      hint: 'Set projectId, or authUrl so that Keystone can be asked.',
    });
  return [...owners][0];
}
