import { aboutNoImage } from '../../core/answer-error.ts';
import { providerError } from '../../core/errors.ts';
import type { Call, Operation } from '../../core/operation.ts';
import { detectEndlessPagination } from '../../core/pagination.ts';
import { read, type AcmeClient } from './client.ts';
import { isObject, recordFrom, textIn, type JsonObject } from './record.ts';

const what = 'listing images';
/** Pages in a row that may bring nothing new. */
const mostIdlePages = 3;

/**
 * `filters`: those of `request.filters` that the provider itself applies, exactly; whoever asked applies the others.
 * All images are the account's own: where others' can be seen, `request.scope` says whose are wanted.
 */
export const list: Operation<AcmeClient, 'list'> = {
  filters: [],
  async *run(client, request, call) {
    let left = request.limit ?? Infinity;
    for await (const images of pagesOf(client, call))
      for (const wire of images) {
        yield recordFrom(wire, what);
        left -= 1;
        if (left === 0) return;
      }
  },
};

/** The pages in order; the next one is asked for when somebody wants it. Throws PROVIDER for an answer that is no page. */
async function* pagesOf(client: AcmeClient, call: Call): AsyncGenerator<readonly JsonObject[]> {
  const look = detectEndlessPagination(what, mostIdlePages);
  for (let token: string | undefined = ''; token !== undefined;) {
    const query = token === '' ? '' : `?page_token=${encodeURIComponent(token)}`;
    const body: unknown = await read(client, `images${query}`, what, call).catch((error: unknown) => {
      throw aboutNoImage(error);
    });
    if (!isObject(body) || !Array.isArray(body.images)) throw providerError(`${what}: the answer is no page of a list`);
    const images = body.images.filter(isObject);
    look(images.map(({ id }) => id));
    yield images;
    token = textIn(body.next_page_token);
  }
}
