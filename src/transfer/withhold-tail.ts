import type { Bytes } from '../core/http.ts';

/** How many bytes are to be left out at the end; nothing: none. */
type Left = number | undefined | void;

/**
 * The same bytes, of which the last are given only once `atEnd` has agreed to all of them: whoever writes them elsewhere never has
 * the whole of what `atEnd` throws at. At least `least` bytes are held back, so that as many can be left out. `total`: their number,
 * where it is known; then only the last chunks are copied.
 */
export async function* withholdTail(
  bytes: Bytes,
  total: number | undefined,
  atEnd: () => Left | Promise<Left>,
  least = 1,
): Bytes {
  const held: Buffer[] = [];
  const spare: Buffer[] = [];
  let kept = 0;
  let passed = 0;
  for await (const chunk of bytes) {
    passed += chunk.length;
    if (total !== undefined && passed <= total - least) {
      yield chunk;
      continue;
    }
    held.push(copyInto(spare.pop(), chunk));
    kept += chunk.length;
    for (let first = held[0]; first && kept - first.length >= least; first = held[0]) {
      yield first;
      kept -= first.length;
      held.shift();
      spare.push(first);
    }
  }
  let left = kept - ((await atEnd()) ?? 0);
  for (const chunk of held) {
    if (left > 0) yield chunk.subarray(0, left);
    left -= chunk.length;
  }
}

/** A copy, in memory that was used before where it is large enough. */
function copyInto(memory: Buffer | undefined, chunk: Uint8Array): Buffer {
  const whole = memory && memory.buffer.byteLength >= chunk.length ? memory.buffer : new ArrayBuffer(chunk.length);
  const copy = Buffer.from(whole, 0, chunk.length);
  copy.set(chunk);
  return copy;
}
