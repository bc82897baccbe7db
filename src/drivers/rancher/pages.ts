import { providerError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import { followed } from './address.ts';
import type { RancherClient } from './client.ts';
import { isMap, texts } from './record.ts';

/** One page of a collection. `filters` is the echo: by field, the conditions that the server really applied. */
interface Page {
  readonly data: readonly unknown[];
  readonly filters: Readonly<Record<string, unknown>>;
}

/**
 * The pages of a collection, each asked for by the link that the one before gave.
 * Throws PROVIDER when an answer is no collection, or a link leads back to a page already read or to another origin.
 */
export async function* pages(client: RancherClient, first: string, what: string, call: Call): AsyncIterable<Page> {
  const asked = new Set<string>();
  let url: string | undefined = first;
  while (url !== undefined) {
    if (asked.has(url)) throw providerError(`${what}: the server gave ${url} as next page for the second time`);
    asked.add(url);
    const body: unknown = (await client.insist({ method: 'GET', url }, what, call)).json();
    if (!isMap(body) || !Array.isArray(body['data'])) throw providerError(`${what}: the answer of ${url} is not a collection`);
    yield { data: body['data'], filters: isMap(body['filters']) ? body['filters'] : {} };
    call.signal.throwIfAborted();
    // Oddity: `partial`, `total` and the number of rows say nothing reliable; only `next` tells that there is more.
    const next = texts(body['pagination'])['next'];
    url = next === undefined ? undefined : followed(next, client.address);
  }
}
