import type { Bytes } from '../core/http.ts';
import { parallelDigester, type Hexes } from './digests.ts';

export interface ChecksumStream {
  /** The same bytes, passing through once. */
  readonly bytes: Bytes;
  /**
   * How many bytes have passed, and their digests in hex by algorithm. Digests are there once `bytes` has ended: its
   * consumer has asked for what follows the last chunk, and was told that nothing does.
   */
  result(): { readonly bytes: number; readonly digests: Hexes };
}

/**
 * Counts and hashes bytes while they pass, on other cores where that helps. `algorithms` are names of node:crypto; one
 * that it does not know makes `bytes` fail, as does an error of the source. A consumer may stop at any time.
 */
export function checksumStream(bytes: Bytes, algorithms: readonly string[]): ChecksumStream {
  let passed = 0;
  let digests: Hexes = {};

  async function* through(): Bytes {
    const digester = parallelDigester(algorithms);
    try {
      for await (const chunk of bytes) {
        passed += chunk.length;
        await digester.update(chunk);
        yield chunk;
      }
      digests = await digester.digests();
    } finally {
      digester.stop();
    }
  }

  return { bytes: through(), result: () => ({ bytes: passed, digests }) };
}
