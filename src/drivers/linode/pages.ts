import { providerError } from '../../core/errors.ts';
import { isObject, objectsIn, type JsonObject } from '../../core/json.ts';
import { detectEndlessPagination } from '../../core/pagination.ts';
import type { Call } from '../../core/operation.ts';
import { ask, type Ask, type LinodeClient } from './client.ts';
import type { RateLimiter } from './rate-limit.ts';

/** The most that a page may hold: calls are what is counted, and lists of images are counted strictly. */
const pageSize = 500;
/** Pages asked for before the first of them is looked at. */
const pagesAhead = 8;

interface Page {
  readonly rows: readonly JsonObject[];
  readonly pages: number;
  /** How many rows the list has in all, as far as the answer says so. */
  readonly results: number;
}

/** Pages in a row that may bring nothing new, as others make and delete images. */
const mostIdlePages = 3;

/** A list as it is asked for; `limiter` where its pages are counted. */
export interface List extends Omit<Ask, 'method' | 'json'> {
  readonly limiter?: RateLimiter;
}

/**
 * Every page of a list, in order. Those after the first are asked for side by side, and only when somebody wants them;
 * a consumer who stops ends the requests under way. Throws PROVIDER where page after page brings nothing new.
 */
export async function* pagesOf(client: LinodeClient, list: List, call: Call): AsyncGenerator<readonly JsonObject[]> {
  const stop = new AbortController();
  const within: Call = { ...call, signal: AbortSignal.any([call.signal, stop.signal]) };
  const read = (page: number): Promise<Page> => readPage(client, list, page, within);
  const look = detectEndlessPagination(list.what, mostIdlePages);
  const seen = new Set<unknown>();
  let announced = 0;
  const looked = ({ rows, results }: Page): readonly JsonObject[] => {
    const ids = rows.map((row) => row.id ?? row);
    look(ids);
    for (const id of ids) seen.add(id);
    announced = results;
    return rows;
  };
  const first = await read(1);
  yield looked(first);
  const ahead: Promise<Page>[] = [];
  try {
    // Oddity: an empty list of images is page 0 of 0, so the pages are counted, never waited for.
    for (let next = 2; next <= first.pages || ahead.length > 0;) {
      while (next <= first.pages && ahead.length < pagesAhead) {
        const page = read(next);
        // A page that nobody comes to look at may fail unheard; one that is looked at throws below.
        page.catch(() => {});
        ahead.push(page);
        next += 1;
      }
      const page = await ahead.shift();
      if (page) yield looked(page);
    }
    if (seen.size < announced) {
      const message = `${list.what}: the list ended after ${seen.size} of ${announced}, so some may be missing`;
      call.note({ kind: 'warning', message });
    }
  } finally {
    stop.abort();
  }
}

async function readPage(client: LinodeClient, { limiter, ...list }: List, page: number, call: Call): Promise<Page> {
  await limiter?.turn(call);
  const path = `${list.path}?page=${page}&page_size=${pageSize}`;
  const answer = await ask(client, { ...list, method: 'GET', path }, call);
  // The limit in force stands in every answer: support raises it for some accounts.
  limiter?.allow(Number(answer.headers['x-ratelimit-limit']));
  const body = answer.json();
  if (!isObject(body) || !Array.isArray(body.data) || typeof body.pages !== 'number')
    throw providerError(`${list.what}: the answer is no page of a list`);
  return { rows: objectsIn(body.data), pages: body.pages, results: typeof body.results === 'number' ? body.results : 0 };
}
