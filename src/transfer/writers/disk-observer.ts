import type { Run } from '../extents.ts';
import { integrityError } from '../../core/errors.ts';

/**
 * Somebody who sees the guest's bytes, all of them, in guest order, while a writer writes them: a hash, a counter.
 * Bytes are valid until the returned promise resolves (without one: until the call returns). Calls never overlap.
 */
export interface DiskObserver {
  data(bytes: Uint8Array): void | Promise<void>;
  zeros(length: number): void | Promise<void>;
  /** In the place of the data of a whole block its SHA-256. Absent: it has to see the bytes. */
  block?(sha256: Uint8Array): void | Promise<void>;
}

/** The bytes of a run. Throws INTEGRITY when the source gives more or fewer than the run's length. */
export async function readRun(run: Exclude<Run, { kind: 'zero' }>): Promise<Uint8Array> {
  const bytes = await run.read();
  if (bytes.length === run.length) return bytes;
  throw integrityError(`the source gave ${bytes.length} bytes, expected ${run.length}`, {
    hint: 'Download it again: the image is truncated or damaged.',
  });
}
