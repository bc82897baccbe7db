import { webcrypto } from 'node:crypto';

/** SHA-256 in the thread pool, which copies the bytes when they are handed over. */
export const pooledSha256 = async (bytes: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await webcrypto.subtle.digest('SHA-256', bytes));
