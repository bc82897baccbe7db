import { providerError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { detectEndlessPagination } from '../../core/pagination.ts';
import type { ApiAnswer } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { followed, type Address } from './address.ts';
import { idOf, textsIn } from './record.ts';

/** Who asks for pages. `insist` throws what an unwelcome answer stands for. */
export interface PageReader {
  readonly address: Address;
  insist(question: { readonly method: 'GET'; readonly url: string }, what: string, call: Call): Promise<ApiAnswer>;
}

/** One page of a collection. `filters` is the echo: by field, the conditions that the server really applied. */
interface Page {
  readonly data: readonly unknown[];
  readonly filters: Readonly<Record<string, unknown>>;
}

/** Pages in a row that may bring nothing new: pages are cut by offset, so that rows may come twice. */
const mostIdlePages = 20;

/**
 * The pages of a collection, each asked for by the link that the one before gave.
 * Throws PROVIDER when an answer is no collection, a link leads back to a page already read or to another origin, and when page
 * after page brings nothing new.
 */
export async function* pagesOf(client: PageReader, first: string, what: string, call: Call): AsyncIterable<Page> {
  const asked = new Set<string>();
  const look = detectEndlessPagination(what, mostIdlePages);
  let url: string | undefined = first;
  while (url !== undefined) {
    if (asked.has(url)) throw providerError(`${what}: the server gave ${url} as next page for the second time`);
    asked.add(url);
    const body: unknown = (await client.insist({ method: 'GET', url }, what, call)).json();
    if (!isObject(body) || !Array.isArray(body['data'])) throw providerError(`${what}: the answer of ${url} is not a collection`);
    look(body['data'].map((row) => (isObject(row) ? idOf(row['id']) : undefined) ?? row));
    yield { data: body['data'], filters: isObject(body['filters']) ? body['filters'] : {} };
    call.signal.throwIfAborted();
    // Oddity: `partial`, `total` and the number of rows say nothing reliable; only `next` tells that there is more.
    const next = textsIn(body['pagination'])['next'];
    url = next === undefined ? undefined : followed(next, client.address);
  }
}
