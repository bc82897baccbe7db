import type { Call } from '../../core/operation.ts';
import { dataOf } from '../_oci/manifest.ts';
import { holdsBlob } from './blobs.ts';
import type { OciClient } from './client.ts';
import { inBatches } from './concurrency.ts';
import { findAny } from './find.ts';
import { isOurs } from './tagged.ts';

/** Whether the registry has every blob of an image, in its length. It keeps them by their digests, and is not asked for their bytes. */
export async function isIntact({ home }: OciClient, id: string, call: Call): Promise<boolean> {
  const found = await findAny(home, id, call);
  if (!isOurs(found)) return true;
  for await (const isThere of inBatches(dataOf(found.manifest), ({ digest, size }) => holdsBlob(home, digest, size, call)))
    if (!isThere) return false;
  return true;
}
