import { providerError } from '../../core/errors.ts';
import type { ApiAnswer } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { isId } from '../_oci/ids.ts';
import { isJson } from '../_oci/manifest.ts';
import { errorCode, refused } from './refusal.ts';
import { scope, urlIn, type Repository } from './repository.ts';

/**
 * Where the next page is, of RFC 8288's `Link`; absent on the last one. Always at the registry itself: one behind a proxy
 * may not know its own name, and nobody else has its tags.
 */
function nextOf({ headers }: ApiAnswer, from: URL): URL | undefined {
  const link = /<([^>]*)>\s*;[^<]*\brel="?next\b/i.exec(headers.link ?? '')?.[1];
  if (link === undefined || !URL.canParse(link, from.href)) return undefined;
  const { pathname, search } = new URL(link, from);
  return new URL(`${pathname}${search}`, from.origin);
}

function tagsIn(answer: ApiAnswer, what: string): readonly string[] {
  const body = answer.json();
  const tags: unknown = isJson(body) ? body.tags : undefined;
  // Oddity: a repository whose tags are all gone has `null` in the place of a list.
  if (tags === null) return [];
  if (!Array.isArray(tags)) throw providerError(`${what}: the answer holds no list of tags`, { status: answer.status });
  return tags.filter((tag) => typeof tag === 'string');
}

/**
 * Every tag of a repository that can be an image's id, once each, sorted. A repository that was never written to is
 * empty. Oddity: registries may leave tags unsorted, take no notice of where to go on, and give the first page for ever.
 */
export async function tagsOf(repository: Repository, call: Call): Promise<readonly string[]> {
  const what = `listing ${repository.shown}`;
  const seen = new Set<string>();
  for (let url = urlIn(repository, 'tags/list'); ;) {
    const answer = await repository.wire.ask(
      { what, method: 'GET', url, scopes: [scope(repository, 'pull')], welcome: [404] },
      call,
    );
    if (answer.status === 404) {
      if (errorCode(answer.text) === 'NAME_UNKNOWN') break;
      throw refused(answer, answer.text, what, { hint: 'check registry and repository in the profile' });
    }
    const before = seen.size;
    for (const tag of tagsIn(answer, what)) seen.add(tag);
    const next = nextOf(answer, url);
    if (next === undefined || seen.size === before) break;
    url = next;
  }
  return [...seen].filter(isId).sort();
}
