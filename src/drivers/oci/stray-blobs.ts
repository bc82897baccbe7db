import type { Call } from '../../core/operation.ts';
import { layers } from '../_oci/layer-cut.ts';
import type { Descriptor } from '../_oci/manifest.ts';
import { holdsBlob } from './blobs.ts';
import type { Repository } from './repository.ts';

/**
 * An upload sends blobs in order, so many at once. Of one that broke off no more than that are missing below the last that is there,
 * and as many may be asked for now whose answers have not come: behind twice as many that are not there, none is.
 */
const inARow = 2 * layers.concurrency;

/**
 * Looks in a repository for blobs that no image is known to have, such as those of an upload that broke off. Each question costs the
 * registry a tenth of what it takes to keep the blob: once so many in a row are not there, one of as many is still asked for, for an
 * image that was not looked at may have those.
 */
export class StrayBlobs {
  readonly #repository: Repository;
  #missed = 0;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** Whether a blob was found. It only saves work: one that is there may be sent again. */
  async has({ digest, size }: Descriptor, call: Call): Promise<boolean> {
    const missed = this.#missed;
    this.#missed += 1;
    if (missed >= inARow && missed % inARow !== 0) return false;
    const isThere = await holdsBlob(this.#repository, digest, size, call);
    if (isThere) this.askAgain();
    return isThere;
  }

  /** From now on each is asked for again: where a request failed, what it sent may be there all the same. */
  askAgain(): void {
    this.#missed = 0;
  }
}
