import type { Bytes } from '../core/http.ts';

/**
 * The same bytes, of which the last chunk is given only once `atEnd` has agreed to all of them: whoever writes them elsewhere
 * never has the whole of what `atEnd` throws at. `total`: their number, where it is known; then only the last chunk is copied.
 */
export async function* heldBack(bytes: Bytes, total: number | undefined, atEnd: () => void): Bytes {
  let buffer = Buffer.alloc(0);
  let held: Buffer | undefined;
  let passed = 0;
  for await (const chunk of bytes) {
    if (held) yield held;
    held = undefined;
    passed += chunk.length;
    if (total !== undefined && passed !== total) {
      yield chunk;
      continue;
    }
    if (buffer.length < chunk.length) buffer = Buffer.allocUnsafeSlow(chunk.length);
    buffer.set(chunk);
    held = buffer.subarray(0, chunk.length);
  }
  atEnd();
  if (held) yield held;
}
