import { createHash } from 'node:crypto';
import type { BlockDigest } from '../../core/blocks.ts';
import { crc32c } from '../formats/crc32c.ts';

/** The digest that goes with a block. */
export function digestOf(bytes: Uint8Array, algorithm: BlockDigest): Uint8Array {
  if (algorithm !== 'crc32c') return createHash(algorithm).update(bytes).digest();
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32c(bytes));
  return sum;
}

/** Digests of one length, one behind the other in one piece of memory: a disk of 64 TiB has 134 million of them. */
export class DigestList {
  #memory = Buffer.alloc(0);
  #length = 0;
  #each = 0;

  add(digest: Uint8Array): void {
    const end = this.#length + digest.length;
    if (end > this.#memory.length) {
      const more = Buffer.alloc(Math.max(1024, end * 2));
      this.#memory.copy(more, 0, 0, this.#length);
      this.#memory = more;
    }
    this.#memory.set(digest, this.#length);
    this.#length = end;
    this.#each = digest.length;
  }

  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    for (let at = 0; at < this.#length; at += this.#each) yield this.#memory.subarray(at, at + this.#each);
  }
}
