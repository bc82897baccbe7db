import { createHash } from 'node:crypto';
import type { Bytes } from '../../core/http.ts';

/** The digest that names a small document. Disks are hashed on their way. */
export const digestOf = (bytes: string | Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Bytes that are put around a disk here, so that nobody else can have hashed them: counted and hashed as they are read. */
export function hashed(bytes: () => Bytes) {
  let sent: { readonly bytes: number; readonly digests: { readonly sha256?: string } } = { bytes: 0, digests: {} };
  return {
    async *open(): Bytes {
      const hash = createHash('sha256');
      let count = 0;
      for await (const chunk of bytes()) {
        hash.update(chunk);
        count += chunk.length;
        yield chunk;
      }
      sent = { bytes: count, digests: { sha256: hash.digest('hex') } };
    },
    sent: () => sent,
  };
}
