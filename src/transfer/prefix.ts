import type { Bytes } from '../core/http.ts';
import { streamSource, type Source } from './source.ts';

/** Enough for every header that a format is recognised by. */
export const prefixBytes = 1024 * 1024;

/**
 * Reads the beginning of a source that is only a stream, and gives it back whole: the returned source begins with the
 * same bytes. `complete`: the stream ended within the prefix.
 */
export async function withPrefix(
  source: Source,
): Promise<{ readonly source: Source; readonly prefix: Uint8Array; readonly complete: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  const rest = source.open()[Symbol.asyncIterator]();
  let complete = false;
  while (length < prefixBytes && !complete) {
    const next = await rest.next();
    if (next.done) complete = true;
    else {
      // A chunk's buffer is used again for the next one.
      chunks.push(Buffer.from(next.value));
      length += next.value.length;
    }
  }
  const prefix = Buffer.concat(chunks);
  const again = async function* (): Bytes {
    try {
      yield prefix;
      if (!complete) for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
    } finally {
      await rest.return?.();
    }
  };
  return {
    source: { ...streamSource(source.name, again), ...(complete ? { bytes: length } : {}), close: () => source.close() },
    prefix,
    complete,
  };
}
