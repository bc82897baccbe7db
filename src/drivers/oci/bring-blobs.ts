import type { Bytes } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { beforeRetry, isPassing } from '../../core/retry.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { holdsBlob } from './blobs.ts';
import type { OciClient } from './client.ts';
import { sideBySide } from './concurrency.ts';
import type { Disk } from './disk.ts';
import { mount } from './mount.ts';
import { pushBlob } from './push-blob.ts';
import type { Repository } from './repository.ts';

/** What names a blob. */
export type Blob = Pick<Descriptor, 'digest' | 'size'>;

/** Where blobs are that a repository is to have. */
export interface BlobsElsewhere {
  /** Another repository of the same registry, which may share them. */
  readonly beside?: Repository | undefined;
  open(blob: Blob): Bytes;
}

/**
 * Lets the home of a client have blobs: those that it has not are mounted where the registry does that, else they come through this
 * machine, several at once. The registry holds each against its digest. Throws INTEGRITY where it is another one.
 */
export async function bringBlobs(to: OciClient, blobs: readonly Blob[], from: BlobsElsewhere, call: Call): Promise<void> {
  let isTold = false;
  await sideBySide(blobs, async (blob) => {
    if (await holdsBlob(to.home, blob.digest, blob.size, call)) return;
    if (from.beside && (await mount(from.beside, to.home, blob, call))) return;
    if (from.beside && !isTold) {
      isTold = true;
      const { home } = to;
      const why = `${home.wire.origin.host} does not mount the disk of ${from.beside.name} in ${home.name}`;
      call.note({ kind: 'warning', message: `relaying through this machine: ${why}` });
    }
    await pushAgain(to, blob, from, call);
  });
}

async function pushAgain(to: OciClient, blob: Blob, from: BlobsElsewhere, call: Call): Promise<void> {
  const sha256 = blob.digest.slice('sha256:'.length);
  const content: Disk = {
    bytes: blob.size,
    sha256,
    repeatable: true,
    open: () => from.open(blob),
    // The registry itself compares the digest of what it gets.
    sent: () => ({ bytes: blob.size, digests: { sha256 } }),
  };
  for (let tries = 1; ; tries += 1) {
    try {
      return await pushBlob(to, content, call);
    } catch (error) {
      if (!isPassing(error)) throw error;
      await beforeRetry(error, tries, call);
    }
  }
}
