import { digestOf } from '../_oci/digest.ts';
import type { Repository } from './repository.ts';

const keyOf = (digest: string): string => digest.slice('sha256:'.length);

/** A document that an earlier run has read; absent: none did. A digest never means anything else, so it need not be sent again. */
export async function cachedDocument({ cache }: Repository, digest: string): Promise<string | undefined> {
  const text = await cache?.get(keyOf(digest));
  return text !== undefined && digestOf(text) === digest ? text : undefined;
}

/** Keeps a document for later runs. Its digest must have been checked. */
export async function cacheDocument({ cache }: Repository, digest: string, text: string): Promise<void> {
  await cache?.put(keyOf(digest), text);
}
