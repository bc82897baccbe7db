import type { StoredBlock, StoredDisk } from '../../core/blocks.ts';
import { integrityError, providerError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { beforeRetry, isPassing } from '../../core/retry.ts';
import { orderedConcurrency } from '../writers/ordered-concurrency.ts';
import { firstBehind } from '../sparse-download.ts';
import { zeroPieces } from '../writers/zeros.ts';
import { atOnce } from './block-memory.ts';
import { unpackBlock } from './unpack-block.ts';

/**
 * Bytes of a disk that lies in blocks, from `from` up to and with `to`. Blocks are fetched side by side, at most `most`, and given in
 * order; what is in none of them is zeros, which nobody is asked for. A block that the network fails is asked for again, on the call's
 * retries. Throws INTEGRITY where one is not what its digests say, PROVIDER where the blocks are no list of this disk.
 */
export async function* readBlocks(disk: StoredDisk, from: number, to: number, most: number, call: Call): Bytes {
  const { bytes, blocks } = disk;
  const end = Math.min(to + 1, bytes);
  const recent = recentOf(disk);
  const wanted = wantedOf(blocks, from, end);
  const longest = wanted.reduce((sum, { length }) => Math.max(sum, length), 1);
  let at = from;
  for await (const { block, data } of orderedConcurrency(
    reads(wanted, end - from < longest ? recent : undefined, call),
    atOnce(most, longest),
    call.signal,
  )) {
    const begin = Math.max(block.offset, at);
    yield* zeroPieces(begin - at);
    const stop = Math.min(block.offset + block.length, end);
    yield data.subarray(begin - block.offset, stop - block.offset);
    at = stop;
  }
  if (end > at) yield* zeroPieces(end - at);
}

/** The blocks in which the bytes from `from` up to, and without, `end` lie. */
function wantedOf(blocks: readonly StoredBlock[], from: number, end: number): readonly StoredBlock[] {
  const first = firstBehind(blocks, from);
  let last = first;
  while ((blocks[last]?.offset ?? Infinity) < end) last += 1;
  return blocks.slice(first, last);
}

async function* reads(blocks: readonly StoredBlock[], recent: RecentBlock[] | undefined, call: Call) {
  for (const block of blocks)
    yield async () => ({ block, data: await (recent ? readOnce(block, recent, call) : readAgain(block, call)) });
}

/** A block of which only a part was asked for: whoever reads here and there asks for the next part soon. */
interface RecentBlock {
  readonly block: StoredBlock;
  readonly data: Promise<Uint8Array>;
}
const mostRecent = 4;

/** The recent blocks of each disk that was found to be in order, as long as somebody has it. */
const recentBlocks = new WeakMap<StoredDisk, RecentBlock[]>();

function recentOf(disk: StoredDisk): RecentBlock[] {
  const known = recentBlocks.get(disk);
  if (known) return known;
  checkOrder(disk);
  const none: RecentBlock[] = [];
  recentBlocks.set(disk, none);
  return none;
}

function readOnce(block: StoredBlock, recent: RecentBlock[], call: Call): Promise<Uint8Array> {
  const at = recent.findIndex((one) => one.block === block);
  const [known = { block, data: readAgain(block, call) }] = at < 0 ? [] : recent.splice(at, 1);
  recent.push(known);
  while (recent.length > atOnce(mostRecent, block.length)) recent.shift();
  known.data.catch(() => {
    const failed = recent.indexOf(known);
    if (failed >= 0) recent.splice(failed, 1);
  });
  return known.data;
}

async function readAgain(block: StoredBlock, call: Call): Promise<Uint8Array> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await unpackBlock(block, await gather(block));
    } catch (error) {
      if (!isPassing(error)) throw error;
      await beforeRetry(error, tries, call);
    }
  }
}

async function gather(block: StoredBlock): Promise<Uint8Array> {
  const whole = Buffer.allocUnsafe(block.bytes);
  let filled = 0;
  for await (const chunk of block.open()) {
    if (filled + chunk.length > whole.length)
      throw integrityError(`the block at byte ${block.offset} has more than the expected ${block.bytes} bytes`);
    whole.set(chunk, filled);
    filled += chunk.length;
  }
  return whole.subarray(0, filled);
}

function checkOrder({ bytes, blocks }: StoredDisk): void {
  let end = 0;
  for (const { offset, length } of blocks) {
    if (offset < end || length <= 0 || offset + length > bytes)
      throw providerError('the blocks of the disk are listed out of order, or past its end');
    end = offset + length;
  }
}
