import { createHash } from 'node:crypto';
import type { BlockDigest } from '../../core/blocks.ts';
import { crc32c } from '../formats/crc32c.ts';
import { isZero } from '../writers/zeros.ts';

/** The digest that goes with a block. */
export function digestOf(bytes: Uint8Array, algorithm: BlockDigest): Uint8Array {
  if (algorithm !== 'crc32c') return createHash(algorithm).update(bytes).digest();
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32c(bytes));
  return sum;
}

/** A piece of a block, and its SHA-256; absent where it is zeros. */
export interface HashedPiece {
  readonly bytes: Uint8Array;
  readonly digest?: Uint8Array;
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/**
 * SHA-256 of a block, and of the pieces of it, which are `each` long but for the last. In one walk: a piece is in the cache of the
 * processor when it is hashed for the second time, and one that is the whole block is not.
 */
export function digestsWithin(
  bytes: Uint8Array,
  each: number,
): { readonly whole: Uint8Array; readonly pieces: readonly HashedPiece[] } {
  if (bytes.length <= each) {
    const digest = sha256(bytes);
    return { whole: digest, pieces: [{ bytes, digest }] };
  }
  const whole = createHash('sha256');
  const pieces: HashedPiece[] = [];
  for (let at = 0; at < bytes.length; at += each) {
    const piece = bytes.subarray(at, at + each);
    whole.update(piece);
    pieces.push({ bytes: piece, ...(isZero(piece) ? {} : { digest: sha256(piece) }) });
  }
  return { whole: whole.digest(), pieces };
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
