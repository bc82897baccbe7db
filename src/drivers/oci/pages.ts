import { providerError } from '../../core/errors.ts';
import { answerCircumstances } from '../../core/answer-error.ts';
import type { ApiAnswer } from '../../core/http.ts';
import { isObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import { isRegistryError, errorFrom } from './errors.ts';
import { scope, urlIn, type Repository } from './repository.ts';

/** Pages in a row without a tag after which no more are asked for: a registry may filter what it shows, but not for ever. */
const mostEmptyPages = 100;

/**
 * Where the next page is, of RFC 8288's `Link`; absent on the last one. Always at the registry itself: one behind a proxy
 * may not know its own name, and nobody else has its tags.
 */
function nextOf({ headers }: ApiAnswer, from: URL): URL | undefined {
  // A link may have several relations, in quotes or without.
  const link = /<([^>]*)>\s*;[^<]*?\brel\s*=\s*(?:"[^"<]*\bnext\b[^"<]*"|'[^'<]*\bnext\b[^'<]*'|next\b)/i.exec(
    headers.link ?? '',
  )?.[1];
  if (link === undefined || !URL.canParse(link, from.href)) return undefined;
  const { pathname, search } = new URL(link, from);
  return new URL(`${pathname}${search}`, from.origin);
}

function tagsIn(answer: ApiAnswer, what: string): readonly string[] {
  const body = answer.json();
  const tags: unknown = isObject(body) ? body.tags : undefined;
  // Oddity: a repository whose tags are all gone has `null` in the place of a list.
  if (tags === null) return [];
  if (!Array.isArray(tags)) throw providerError(`${what}: no list of tags in the answer`, { ...answerCircumstances(answer) });
  return tags.filter((tag) => typeof tag === 'string');
}

/**
 * Every page of a repository's tags, in order; none of one that was never written to. A page may bring fewer tags than asked for, also
 * none, and still name a next one.
 * Oddity: registries may leave tags unsorted, take no notice of where to go on, and give the first page for ever: then a
 * warning says that the list may not be whole.
 */
export async function* pagesOf(repository: Repository, call: Call): AsyncGenerator<readonly string[], void, undefined> {
  const what = `listing ${repository.shown}`;
  const seen = new Set<string>();
  const asked = new Set<string>();
  const endEarly = (why: string): void => call.note({ kind: 'warning', message: `${what}: ${why}; the list may be incomplete` });
  let empty = 0;
  for (let url = urlIn(repository, 'tags/list'); ;) {
    asked.add(url.href);
    const answer = await repository.wire.ask(
      { what, method: 'GET', url, scopes: [scope(repository, 'pull')], welcome: [404] },
      call,
    );
    if (answer.status === 404) {
      if (isRegistryError(answer.text)) return;
      throw errorFrom(answer, answer.text, what, { hint: 'Check registry and repository in the profile.' });
    }
    const tags = tagsIn(answer, what);
    const isKnown = tags.length > 0 && tags.every((tag) => seen.has(tag));
    for (const tag of tags) seen.add(tag);
    yield tags;
    empty = tags.length === 0 ? empty + 1 : 0;
    const next = nextOf(answer, url);
    if (next === undefined) return;
    if (isKnown || asked.has(next.href) || empty === mostEmptyPages) {
      endEarly(empty === mostEmptyPages ? `${empty} empty pages in a row` : 'the registry repeats a page');
      return;
    }
    url = next;
  }
}
