import { abortedError, conflictError, ImgctlError, notFoundError, providerError } from '../../core/errors.ts';
import { isObject, objectsIn, type JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { textIn } from './json.ts';

/** Glance's own upper bound (`api_limit_max`). Where a site has a lower one, a larger wish is cut to it without a word. */
const largestPage = 1000;

interface Page {
  readonly images: readonly JsonObject[];
  readonly more: boolean;
}

export interface Paging {
  readonly query: URLSearchParams;
  /** Begin behind this id. */
  readonly after?: string;
  /** No more than this many are wanted. */
  readonly limit?: number;
  /** Told once the first page is there, when it is not the last. */
  goesOn?(): void;
  /** Told how long each page took, in ms. */
  took?(ms: number): void;
  /** What a further page is narrowed to: a condition on `created_at`, in Glance's words. Absent: it is as long as it can be. */
  within?(): string | undefined;
}

export const idOf = (image: JsonObject): string => textIn(image.id) ?? '';

async function fetchPage(client: OpenstackClient, paging: Paging, marker: string | undefined, call: Call): Promise<Page> {
  const query = new URLSearchParams(paging.query);
  query.set('limit', String(Math.min(paging.limit ?? largestPage, largestPage)));
  if (marker !== undefined) query.set('marker', marker);
  const asked = Date.now();
  const body = await client.askObject({ what: 'listing images', method: 'GET', path: '/images', query }, call);
  paging.took?.(Date.now() - asked);
  if (!Array.isArray(body.images) || !body.images.every(isObject))
    throw providerError('listing images: the answer holds no list of images', {
      hint: 'Check that imageEndpoint is the URL of Glance.',
    });
  // Only whether there is a `next` counts. Oddity: its path lacks the endpoint's prefix and, of parameters given twice,
  // all but the last; and nothing that an answer says may send our token elsewhere.
  return { images: objectsIn(body.images), more: typeof body.next === 'string' && body.images.length > 0 };
}

function ifMarkerGone(error: unknown): undefined {
  if (!markerGone(error)) throw error;
}

const markerGone = (error: unknown): boolean => error instanceof ImgctlError && error.circumstances.status === 400;

/**
 * The page behind the last of these images. One that was deleted since cannot be a marker any more: then the ones before it
 * are tried, in growing steps. What is read twice by that is left out.
 */
async function pageBehind(client: OpenstackClient, paging: Paging, last: readonly string[], call: Call): Promise<Page> {
  const narrow = paging.within?.();
  if (narrow !== undefined) {
    const query = new URLSearchParams(paging.query);
    query.set('created_at', narrow);
    // A Glance that does not know such conditions gives the same status as for a marker that is gone.
    const page = await fetchPage(client, { ...paging, query }, last.at(-1), call).catch(ifMarkerGone);
    if (page) return page;
  }
  for (let back = 1; back <= last.length; back *= 2) {
    try {
      const page = await fetchPage(client, paging, last.at(-back), call);
      const known = new Set(last);
      return { ...page, images: page.images.filter((image) => !known.has(idOf(image))) };
    } catch (error) {
      if (!markerGone(error)) throw error;
    }
  }
  throw conflictError('listing images: the images at which the last page ended are gone', { hint: 'Run it again.' });
}

async function firstPage(client: OpenstackClient, paging: Paging, call: Call): Promise<Page> {
  try {
    return await fetchPage(client, paging, paging.after, call);
  } catch (error) {
    if (paging.after === undefined || !markerGone(error)) throw error;
    const message = (error as ImgctlError).message;
    throw message.includes(paging.after)
      ? notFoundError(message, { cause: error, hint: 'Use --after with the id of an existing image.' })
      : error;
  }
}

/** Lets each image through once. */
function onlyNew(): (images: readonly JsonObject[]) => readonly JsonObject[] {
  const seen = new Set<string>();
  return (images) =>
    images.filter((image) => {
      const id = idOf(image);
      return !seen.has(id) && seen.add(id);
    });
}

/** A server that pays no attention to where a page is to begin gives the same for ever: that is the end, and is said. */
function noteRepeated(call: Call): void {
  const message = 'the image service returned the same page twice: this list may be incomplete';
  call.note({ kind: 'warning', message });
}

function checkBehind({ after }: Paging, images: readonly JsonObject[]): void {
  if (after !== undefined && images.some((image) => idOf(image) === after))
    throw providerError(`listing images: the image service does not start after ${after}`, { hint: 'Omit --after.' });
}

/**
 * Every image of a query, each once, page by page. The next page is asked for while this one is read, once somebody reads beyond its
 * first image and the limit is not in sight. Ends with ABORTED as soon as the call is stopped.
 */
export async function* eachImage(client: OpenstackClient, paging: Paging, call: Call): AsyncGenerator<JsonObject> {
  const stop = new AbortController();
  const within: Call = { ...call, signal: AbortSignal.any([call.signal, stop.signal]) };
  let page: Promise<Page> | undefined = firstPage(client, paging, within);
  let pages = 0;
  const fresh = onlyNew();
  try {
    while (page) {
      const { images: given, more }: Page = await page;
      checkBehind(paging, given);
      if (more && pages === 0) paging.goesOn?.();
      pages += 1;
      const images = fresh(given);
      if (images.length === 0 && more) return noteRepeated(call);
      const ids = given.map(idOf);
      page = undefined;
      for (const [index, image] of images.entries()) {
        if (call.signal.aborted) throw abortedError('interrupted');
        yield image;
        if (index === 0 && more && paging.limit === undefined) page = quiet(pageBehind(client, paging, ids, within));
      }
      if (more && !page) page = pageBehind(client, paging, ids, within);
    }
  } finally {
    stop.abort();
  }
}

/** Every page of a query, without what an earlier one had, each asked for only when somebody wants it. */
export async function* pagesOf(client: OpenstackClient, paging: Paging, call: Call): AsyncGenerator<readonly JsonObject[]> {
  let page = await firstPage(client, paging, call);
  const fresh = onlyNew();
  for (;;) {
    const images = fresh(page.images);
    yield images;
    if (!page.more || images.length === 0) return;
    page = await pageBehind(client, paging, page.images.map(idOf), call);
  }
}

/** A promise whose failure is looked at when it is awaited, or never. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
