import type { Call } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { eachImage, pagesInTurn } from './pages.ts';
import { oldestFirst } from './query.ts';
import { textIn, type WireObject } from './wire.ts';

/** Images of the far end that are kept until the near end has come to them. What a site gives beyond is read from the near end alone. */
const keptImages = 4000;
/** A page that takes this many times longer beside another one is answered by a server that does one thing at a time. */
const tooSlow = 1.5;

const idOf = (image: WireObject): string => textIn(image.id) ?? '';
const createdAt = (image: WireObject): string => textIn(image.created_at) ?? '';

function fromOldest(query: URLSearchParams): URLSearchParams {
  const own = new URLSearchParams(query);
  own.set('sort', oldestFirst);
  return own;
}

/**
 * Every image of a query whose order is `newestFirst`, read from both ends side by side: a Glance of several workers answers two pages at
 * once. The ends are joined at the first image that both have seen, so each comes exactly once, also while others are made
 * or deleted. The far end is begun only when there is more than one page, and given up, after a page that is put to use all
 * the same, where the server turns out to answer one request after the other.
 */
export async function* fromBothEnds(client: OpenstackClient, query: URLSearchParams, call: Call): AsyncGenerator<WireObject> {
  const stop = new AbortController();
  const within: Call = { ...call, signal: AbortSignal.any([call.signal, stop.signal]), note: (event) => call.note(event) };
  /** Oldest first, by id. */
  const far = new Map<string, WireObject>();
  let oldestNear = '\uffff';
  let aloneMs: number | undefined;
  let pays = true;
  let farEnd: Promise<void> | undefined;
  const took = (ms: number): void => {
    aloneMs ??= ms;
    pays &&= ms < aloneMs * tooSlow;
  };
  const collect = async (): Promise<void> => {
    for await (const images of pagesInTurn(client, { query: fromOldest(query) }, within)) {
      for (const image of images) far.set(idOf(image), image);
      const newest = images.at(-1);
      // Times are whole seconds on the wire: only what is newer by a second has surely been seen from the near end.
      if (!pays || far.size >= keptImages || (newest && createdAt(newest) > oldestNear)) return;
    }
  };
  const goesOn = (): void => {
    farEnd = collect();
    // What fails at the far end is read from the near end, which meets the same failure or none.
    farEnd.catch(() => undefined);
  };
  try {
    for await (const image of eachImage(client, { query, goesOn, took }, within)) {
      if (far.has(idOf(image))) {
        yield* olderThan(idOf(image), far);
        return;
      }
      oldestNear = createdAt(image);
      yield image;
    }
  } finally {
    stop.abort();
    await farEnd?.catch(() => undefined);
  }
}

/** The image of this id and all before it, the newest first. */
function* olderThan(id: string, far: ReadonlyMap<string, WireObject>): Generator<WireObject> {
  const ids = [...far.keys()];
  for (const older of ids.slice(0, ids.indexOf(id) + 1).reverse()) {
    const image = far.get(older);
    if (image) yield image;
  }
}
