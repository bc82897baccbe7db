import { integrityError } from '../core/errors.ts';
import type { Bytes } from '../core/http.ts';

/** The same bytes, which must begin with those that were looked at: a server may give others the second time. Throws INTEGRITY. */
export async function* requirePrefix(prefix: Uint8Array, bytes: Bytes, name: string): Bytes {
  let at = 0;
  for await (const chunk of bytes) {
    const length = Math.min(chunk.length, prefix.length - at);
    if (length > 0 && Buffer.compare(chunk.subarray(0, length), prefix.subarray(at, at + length)) !== 0)
      throw integrityError(`${name} changed while it was read`, {
        hint: 'Try again once nothing writes to it.',
      });
    at += Math.max(0, length);
    yield chunk;
  }
  if (at < prefix.length) throw integrityError(`${name} became shorter while it was read`);
}
