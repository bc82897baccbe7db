import { createHash, webcrypto } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Runs } from '../extents.ts';
import type { DiskObserver } from './disk-observer.ts';
import { diskPieces } from './disk-pieces.ts';
import { isZero, zeroMiB } from './zeros.ts';

export const contentIdBlock = 512 << 10;
const digestBytes = 32;
/** Digests of zero blocks, many in a row, so that terabytes of zeros go by in few calls. */
const zeroDigests = Buffer.alloc(digestBytes * 4096, createHash('sha256').update(zeroMiB.subarray(0, contentIdBlock)).digest());

/** A block with data, being hashed, and how many zero blocks are before it, since the last one with data. */
interface Hashing {
  readonly zeroBlocks: number;
  readonly digest: Promise<Uint8Array>;
}

/**
 * The `contentId` of a disk from its bytes in guest order: SHA-256 over the SHA-256 digests of its 512 KiB blocks, the last
 * one filled up with zeros, trailing all-zero blocks dropped. Zeros cost nothing. Blocks are hashed in the thread pool,
 * which copies them when they are handed over: pieces may be of any size, and are the caller's again when `data` resolves.
 */
export class ContentIdHash implements DiskObserver {
  readonly #outer = createHash('sha256');
  readonly #block = Buffer.alloc(contentIdBlock);
  readonly #queue: Hashing[] = [];
  readonly #lanes = Math.min(availableParallelism() * 2, 8);
  #filled = 0;
  #zeroBlocks = 0;

  async data(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + contentIdBlock - this.#filled);
      at += piece.length;
      if (piece.length === contentIdBlock) {
        await this.#push(piece);
      } else {
        this.#block.set(piece, this.#filled);
        this.#filled += piece.length;
        if (this.#filled === contentIdBlock) await this.#pushBlock();
      }
    }
  }

  async zeros(length: number): Promise<void> {
    let left = length;
    if (this.#filled > 0) {
      const fill = Math.min(left, contentIdBlock - this.#filled);
      this.#block.fill(0, this.#filled, this.#filled + fill);
      this.#filled += fill;
      left -= fill;
      if (this.#filled === contentIdBlock) await this.#pushBlock();
    }
    if (left === 0) return;
    this.#zeroBlocks += Math.floor(left / contentIdBlock);
    this.#filled = left % contentIdBlock;
    this.#block.fill(0, 0, this.#filled);
  }

  /** `blocks-sha256:HEX`. Ends the hash: nothing may be given to it afterwards. */
  async digest(): Promise<string> {
    if (this.#filled > 0) await this.zeros(contentIdBlock - this.#filled);
    while (this.#queue.length > 0) await this.#take();
    return `blocks-sha256:${this.#outer.digest('hex')}`;
  }

  /** A block that somebody has hashed, behind whole blocks only. */
  async block(sha256: Uint8Array): Promise<void> {
    if (this.#filled > 0) throw new Error('a block begins within another one');
    await this.#queued(Promise.resolve(sha256));
  }

  async #pushBlock(): Promise<void> {
    this.#filled = 0;
    await this.#push(this.#block);
  }

  async #push(block: Uint8Array): Promise<void> {
    if (isZero(block)) {
      this.#zeroBlocks += 1;
      return;
    }
    await this.#queued(webcrypto.subtle.digest('SHA-256', block).then((digest) => new Uint8Array(digest)));
  }

  async #queued(digest: Hashing['digest']): Promise<void> {
    this.#queue.push({ zeroBlocks: this.#zeroBlocks, digest });
    this.#zeroBlocks = 0;
    if (this.#queue.length > this.#lanes) await this.#take();
  }

  async #take(): Promise<void> {
    const oldest = this.#queue.shift();
    if (oldest === undefined) return;
    for (let left = oldest.zeroBlocks * digestBytes; left > 0; left -= zeroDigests.length) {
      this.#outer.update(zeroDigests.subarray(0, left));
    }
    this.#outer.update(await oldest.digest);
  }
}

/** The `contentId` of the disk that `runs` stand for. Throws what reading throws, and `signal.reason` when aborted. */
export async function contentIdOf(runs: Runs, signal?: AbortSignal): Promise<string> {
  const observer = new ContentIdHash();
  const options = signal === undefined ? { observer } : { observer, signal };
  for await (const _ of diskPieces(runs, options));
  return observer.digest();
}
