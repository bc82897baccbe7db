import type { Call } from '../../core/operation.ts';
import { whileLost } from '../../core/retry.ts';
import { beginChunks, chunks } from './chunks.ts';
import type { OciClient } from './client.ts';
import type { Disk } from './disk.ts';
import { PayloadTooLarge } from './payload-too-large.ts';
import { pushDisk } from './push-disk.ts';

/** Puts a blob into the home of a client: in one request, or in chunks where the profile says so, or that was too much. */
export async function pushBlob(to: OciClient, blob: Disk, call: Call): Promise<void> {
  if (to.chunkBytes !== undefined) return pushInChunks(to, blob, call);
  try {
    await pushDisk(to.home, blob, call);
  } catch (error) {
    if (!(error instanceof PayloadTooLarge)) throw error;
    await pushInChunks(to, blob, call);
  }
}

const pushInChunks = (to: OciClient, blob: Disk, call: Call): Promise<void> =>
  whileLost(
    blob,
    async () => to.sendBlocks(blob, await beginChunks(to, blob, () => Promise.resolve(), call), chunks, call),
    call,
  );
