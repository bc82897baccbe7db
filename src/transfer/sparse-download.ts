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
