import type { Extent } from '../core/extent.ts';
import { providerError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';
import { zeroPieces } from './writers/zeros.ts';

/**
 * Bytes of a disk from `from` up to, and without, `end`: of what was ever written those that `open` gives, zeros in between, which
 * nobody is asked for. Extents that touch are opened as one. Throws PROVIDER where they are no list of this disk.
 */
export async function* sparseBytes(
  extents: AsyncIterable<Extent>,
  { from, end, size, name }: { readonly from: number; readonly end: number; readonly size: number; readonly name: string },
  open: (from: number, to: number) => Bytes,
): Bytes {
  let at = from;
  for await (const { offset, length } of joinedExtents(extents, size, name)) {
    if (offset >= end) break;
    const [begin, stop] = [Math.max(offset, from), Math.min(offset + length, end)];
    if (stop <= begin) continue;
    yield* zeroPieces(begin - at);
    yield* open(begin, stop - 1);
    at = stop;
  }
  yield* zeroPieces(end - at);
}

/** What of a disk was ever written. */
interface Written {
  /** What ends behind `from`, at least. */
  behind(from: number): AsyncIterable<Extent>;
  /** Throws PROVIDER where that is no list of the disk. */
  all(): Promise<readonly Extent[]>;
}

/** What was ever written of a disk of `size` bytes, as `ask` gives it: anew each time, but of what is `near` once for all. */
export function extentsOf(ask: () => AsyncIterable<Extent>, size: number, name: string, near: boolean): Written {
  const gathered = async (): Promise<readonly Extent[]> => {
    const all: Extent[] = [];
    for await (const extent of joinedExtents(ask(), size, name)) all.push(extent);
    return all;
  };
  let known: Promise<readonly Extent[]> | undefined;
  const all = (): Promise<readonly Extent[]> => (known ??= gathered());
  async function* behind(from: number): AsyncGenerator<Extent, void, undefined> {
    const extents = await all();
    for (let at = firstBehind(extents, from); at < extents.length; at += 1) yield extents[at] as Extent;
  }
  return { behind: near ? behind : ask, all };
}

/** Place of the first extent that ends behind `from`, in a list that is in order. */
export function firstBehind(extents: readonly Extent[], from: number): number {
  let [low, high] = [0, extents.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { offset, length } = extents[middle] as Extent;
    if (offset + length > from) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Extents in order, those that touch as one, the last one no longer than the disk. Throws PROVIDER. */
async function* joinedExtents(
  extents: AsyncIterable<Extent>,
  size: number,
  name: string,
): AsyncGenerator<Extent, void, undefined> {
  let held: Extent | undefined;
  for await (const { offset, length } of extents) {
    const heldEnd = held ? held.offset + held.length : 0;
    if (!Number.isSafeInteger(offset + length) || offset < heldEnd || offset >= size || length <= 0)
      throw providerError(`${name}: what was written of the disk is listed out of order, or past its end`);
    const more = Math.min(length, size - offset);
    if (held && offset === heldEnd) held = { offset: held.offset, length: held.length + more };
    else {
      if (held) yield held;
      held = { offset, length: more };
    }
  }
  if (held) yield held;
}
