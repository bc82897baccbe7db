import type { JsonObject } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { eachImage, idOf, pagesOf } from './pages.ts';
import { oldestFirst } from './query.ts';
import { timeIn } from './json.ts';

/** Images of the far end that are kept until the near end has come to them. What a site gives beyond is read from the near end alone. */
const keptImages = 4000;
/** A page that takes this many times longer beside another one is answered by a server that does one thing at a time. */
const tooSlow = 1.5;

const createdAt = (image: JsonObject): string => timeIn(image.created_at) ?? '';
/** A time on the wire and a second: Glance compares with the fraction that it does not show. */
const secondLater = (time: string): string => `${new Date(Date.parse(time) + 1000).toISOString().slice(0, 19)}Z`;

function fromOldest(query: URLSearchParams): URLSearchParams {
  const own = new URLSearchParams(query);
  own.set('sort', oldestFirst);
  return own;
}

/** Looks whether times go one way. `goes`: two of them have shown it; `turned`: two of them have shown the contrary. */
function direction(sign: 1 | -1): { see(time: string): void; readonly goes: boolean; readonly turned: boolean } {
  let last: string | undefined;
  const seen = { goes: false, turned: false };
  return Object.assign(seen, {
    see(time: string) {
      if (last !== undefined && time !== last) {
        if (time > last === sign > 0) seen.goes = true;
        else seen.turned = true;
      }
      last = time;
    },
  });
}

/**
 * Every image of a query whose order is `newestFirst`, read from both ends side by side: a Glance of several workers answers two pages at
 * once. Neither end asks for what the other has read, but for the image where they meet. They are joined at the first that both
 * have seen, so each comes exactly once, also while others are made or deleted. The far end is begun only when there is more
 * than one page, and given up, after a page that is put to use all the same, where the server turns out to answer one request
 * after the other. Nothing rests on an order that was only asked for: unless times were seen to fall at one end and to rise at
 * the other, what is left is read plainly.
 */
export async function* listBidirectionally(
  client: OpenstackClient,
  query: URLSearchParams,
  call: Call,
): AsyncGenerator<JsonObject> {
  const stop = new AbortController();
  const within: Call = { ...call, signal: AbortSignal.any([call.signal, stop.signal]) };
  /** Oldest first, by id. */
  const far = new Map<string, JsonObject>();
  const given = new Set<string>();
  const [near, behind] = [direction(-1), direction(1)];
  let oldestNear: string | undefined;
  let newestFar: string | undefined;
  // Oddity: of two conditions on one time Glance takes the last only.
  const mayNarrow = !query.has('created_at');
  let narrowed = false;
  let aloneMs: number | undefined;
  let pays = true;
  let farEnd: Promise<void> | undefined;
  const took = (ms: number): void => {
    aloneMs ??= ms;
    pays &&= ms < aloneMs * tooSlow;
  };
  const collect = async (): Promise<void> => {
    const unseen = (): string | undefined => (mayNarrow && oldestNear ? `lte:${secondLater(oldestNear)}` : undefined);
    for await (const images of pagesOf(client, { query: fromOldest(query), within: unseen }, within)) {
      for (const image of images) {
        far.set(idOf(image), image);
        behind.see(createdAt(image));
      }
      const newest = images.at(-1);
      if (newest) newestFar = createdAt(newest);
      // Times are whole seconds on the wire: only what is newer by a second has surely been seen from the near end.
      if (behind.turned || !pays || far.size >= keptImages || (newestFar && oldestNear && newestFar > oldestNear)) return;
    }
  };
  const goesOn = (): void => {
    farEnd = collect();
    // What fails at the far end is read from the near end, which meets the same failure or none.
    farEnd.catch(() => undefined);
  };
  const unseen = (): string | undefined => {
    if (!mayNarrow || newestFar === undefined || !behind.goes || behind.turned) return undefined;
    narrowed = true;
    return `gte:${newestFar}`;
  };
  const turned = (): boolean => near.turned || behind.turned;
  const isSorted = (): boolean => near.goes && behind.goes && !turned();
  const rest = async function* (): AsyncGenerator<JsonObject> {
    stop.abort();
    for await (const image of eachImage(client, { query }, call)) if (!given.has(idOf(image))) yield image;
  };
  try {
    for await (const image of eachImage(client, { query, goesOn, took, within: unseen }, within)) {
      near.see(createdAt(image));
      if (far.has(idOf(image)) && isSorted()) {
        yield* olderThan(idOf(image), far);
        return;
      }
      if (turned() && narrowed) return yield* rest();
      oldestNear = createdAt(image);
      given.add(idOf(image));
      yield image;
    }
    if (narrowed && !isSorted()) return yield* rest();
    // Either there is no far end, or nothing is left where they should have met: what is older has been read from there alone.
    if (narrowed)
      for (const image of [...far.values()].toReversed())
        if (!given.has(idOf(image)) && createdAt(image) <= (oldestNear ?? '')) yield image;
  } finally {
    stop.abort();
    await farEnd?.catch(() => undefined);
  }
}

/** The image of this id and all before it, the newest first. */
function olderThan(id: string, far: ReadonlyMap<string, JsonObject>): readonly JsonObject[] {
  return [...far.values()].slice(0, [...far.keys()].indexOf(id) + 1).toReversed();
}
