import type { Bytes } from '../core/http.ts';
import type { Source } from './source.ts';
import { requirePrefix } from './prefix-unchanged.ts';

/** Enough for every header that a format is recognised by, where nothing is compressed in large blocks. */
export const prefixBytes = 1024 * 1024;

/** The beginning of a source. `complete`: that is all of it. */
export interface SourcePrefix {
  /** Begins with the same bytes. */
  readonly source: Source;
  readonly prefix: Uint8Array;
  readonly complete: boolean;
}

/**
 * Reads the beginning of a source. A stream that can be read only once gives it back whole; what is opened anew must begin
 * with it again: INTEGRITY where it does not.
 */
export async function readPrefix(source: Source, wanted: number = prefixBytes): Promise<SourcePrefix> {
  // One byte more than is wanted tells whether that is all; an empty source has no byte to ask for.
  if (source.repeatable && source.bytes === 0) return { source, prefix: new Uint8Array(0), complete: true };
  const stream = (source.repeatable ? source.open(0, Math.min(wanted, (source.bytes ?? Infinity) - 1)) : source.open())[
    Symbol.asyncIterator
  ]();
  const chunks: Buffer[] = [];
  let length = 0;
  let complete = false;
  while (length <= wanted && !complete) {
    const next = await stream.next();
    if (next.done) complete = true;
    else {
      // A chunk's buffer is used again for the next one.
      chunks.push(Buffer.from(next.value));
      length += next.value.length;
    }
  }
  const prefix = Buffer.concat(chunks);
  if (!source.repeatable)
    return { source: { ...source, ...known(complete, length), open: once(prefix, stream, source) }, prefix, complete };
  await stream.return?.();
  const open: Source['open'] = (from = 0, to) =>
    from > 0 || to !== undefined ? source.open(from, to) : requirePrefix(prefix, source.open(), source.name);
  return { source: { ...source, ...known(complete, length), open }, prefix, complete };
}

const known = (complete: boolean, bytes: number) => (complete ? { bytes } : {});

/** The stream from its beginning, once. */
function once(prefix: Uint8Array, rest: AsyncIterator<Uint8Array>, source: Source): Source['open'] {
  let begun = false;
  async function* whole(): Bytes {
    try {
      yield prefix;
      for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  }
  return (from = 0) => {
    // The source itself says that it has been read.
    if (begun || from > 0) return source.open(from);
    begun = true;
    return whole();
  };
}
