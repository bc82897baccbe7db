import { createHash, webcrypto } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Runs } from '../extents.ts';
import type { DiskObserver } from './disk-observer.ts';
import { diskPieces } from './disk-pieces.ts';
import { isZero, zeroMiB } from './zeros.ts';

const blockBytes = 512 << 10;
const digestBytes = 32;
/** Digests of zero blocks, many in a row, so that terabytes of zeros go by in few calls. */
const zeroDigests = Buffer.alloc(digestBytes * 4096, createHash('sha256').update(zeroMiB.subarray(0, blockBytes)).digest());

/** A block with data, being hashed, and how many zero blocks are before it, since the last one with data. */
interface Hashing {
  readonly zeroBlocks: number;
  readonly digest: Promise<ArrayBuffer>;
}

/**
 * The `contentId` of a disk from its bytes in guest order: SHA-256 over the SHA-256 digests of its 512 KiB blocks, the last
 * one filled up with zeros, trailing all-zero blocks dropped. Zeros cost nothing. Blocks are hashed in the thread pool,
 * which copies them when they are handed over: pieces may be of any size, and are the caller's again when `data` resolves.
 */
export class ContentIdHash implements DiskObserver {
  readonly #outer = createHash('sha256');
  readonly #block = Buffer.alloc(blockBytes);
  readonly #queue: Hashing[] = [];
  readonly #lanes = Math.min(availableParallelism() * 2, 8);
  #filled = 0;
  #zeroBlocks = 0;

  async data(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + blockBytes - this.#filled);
      at += piece.length;
      if (piece.length === blockBytes) {
        await this.#push(piece);
      } else {
        this.#block.set(piece, this.#filled);
        this.#filled += piece.length;
        if (this.#filled === blockBytes) await this.#pushBlock();
      }
    }
  }

  async zeros(length: number): Promise<void> {
    let left = length;
    if (this.#filled > 0) {
      const fill = Math.min(left, blockBytes - this.#filled);
      this.#block.fill(0, this.#filled, this.#filled + fill);
      this.#filled += fill;
      left -= fill;
      if (this.#filled === blockBytes) await this.#pushBlock();
    }
    if (left === 0) return;
    this.#zeroBlocks += Math.floor(left / blockBytes);
    this.#filled = left % blockBytes;
    this.#block.fill(0, 0, this.#filled);
  }

  /** `blocks-sha256:HEX`. Ends the hash: nothing may be given to it afterwards. */
  async digest(): Promise<string> {
    if (this.#filled > 0) await this.zeros(blockBytes - this.#filled);
    while (this.#queue.length > 0) await this.#take();
    return `blocks-sha256:${this.#outer.digest('hex')}`;
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
    this.#queue.push({ zeroBlocks: this.#zeroBlocks, digest: webcrypto.subtle.digest('SHA-256', block) });
    this.#zeroBlocks = 0;
    if (this.#queue.length > this.#lanes) await this.#take();
  }

  async #take(): Promise<void> {
    const oldest = this.#queue.shift();
    if (oldest === undefined) return;
    for (let left = oldest.zeroBlocks * digestBytes; left > 0; left -= zeroDigests.length) {
      this.#outer.update(zeroDigests.subarray(0, left));
    }
    this.#outer.update(new Uint8Array(await oldest.digest));
  }
}

/** The `contentId` of the disk that `runs` stand for. Throws what reading throws, and `signal.reason` when aborted. */
export async function contentIdOf(runs: Runs, signal?: AbortSignal): Promise<string> {
  const observer = new ContentIdHash();
  const options = signal === undefined ? { observer } : { observer, signal };
  for await (const _ of diskPieces(runs, options));
  return observer.digest();
}
