import type { StoredBlock, StoredDisk } from '../../core/blocks.ts';
import { integrityError, providerError } from '../../core/errors.ts';
import type { Bytes } from '../../core/http.ts';
import type { Call } from '../../core/operation.ts';
import { beforeRetry, isPassing } from '../../core/retry.ts';
import { collector } from '../../host/garbage-collection.ts';
import { orderedConcurrency } from '../writers/ordered-concurrency.ts';
import { firstBehind } from '../sparse-download.ts';
import { zeroPieces } from '../writers/zeros.ts';
import { atOnceBesideOne } from './block-memory.ts';
import { unpackBlock } from './unpack-block.ts';

/**
 * Bytes of a disk that lies in blocks, from `from` up to and with `to`. Blocks are fetched side by side, at most `most`, and given in
 * order; what is in none of them is zeros, which nobody is asked for. A block that the network fails is asked for again, on the call's
 * retries. Throws INTEGRITY where one is not what its digests say, PROVIDER where the blocks are no list of this disk.
 */
export async function* readBlocks(disk: StoredDisk, from: number, to: number, most: number, call: Call): Bytes {
  const { bytes, blocks } = disk;
  const end = Math.min(to + 1, bytes);
  const work = workOf(disk);
  const wanted = wantedOf(blocks, from, end);
  const longest = wanted.reduce((sum, { length }) => Math.max(sum, length), 1);
  let at = from;
  for await (const { block, data, memory } of orderedConcurrency(
    reads(wanted, work, end - from < longest, call),
    atOnceBesideOne(
      most,
      wanted.reduce((sum, block) => Math.max(sum, memoryOf(block)), 1),
    ),
    call.signal,
  )) {
    const begin = Math.max(block.offset, at);
    yield* zeroPieces(begin - at);
    const stop = Math.min(block.offset + block.length, end);
    yield data.subarray(begin - block.offset, stop - block.offset);
    if (memory) work.spare.push(memory);
    at = stop;
  }
  if (end > at) yield* zeroPieces(end - at);
}

const memoryOf = ({ length, bytes, compression }: StoredBlock): number => (compression === undefined ? bytes : bytes + length);

/** The blocks in which the bytes from `from` up to, and without, `end` lie. */
function wantedOf(blocks: readonly StoredBlock[], from: number, end: number): readonly StoredBlock[] {
  const first = firstBehind(blocks, from);
  let last = first;
  while ((blocks[last]?.offset ?? Infinity) < end) last += 1;
  return blocks.slice(first, last);
}

/** What the reads of one disk have in common. */
interface Work {
  readonly recent: RecentBlock[];
  /** Memory that nobody uses any more, in which any block has room as it is stored. */
  readonly spare: Buffer[];
  readonly room: number;
}

interface ReadBlock {
  readonly block: StoredBlock;
  readonly data: Uint8Array;
  /** Free once the data is no longer needed. */
  readonly memory?: Buffer;
}

/** `inParts`: no more than a part of a block is wanted. */
async function* reads(
  blocks: readonly StoredBlock[],
  { recent, spare, room }: Work,
  inParts: boolean,
  call: Call,
): AsyncGenerator<() => Promise<ReadBlock>> {
  for (const block of blocks)
    yield async () => {
      if (inParts) return { block, data: await readOnce(block, recent, call) };
      const memory = spare.pop() ?? Buffer.allocUnsafeSlow(room);
      const data = await readAgain(block, call, memory);
      if (data.buffer === memory.buffer) return { block, data, memory };
      spare.push(memory);
      return { block, data };
    };
}

/** A block of which only a part was asked for: whoever reads here and there asks for the next part soon. */
interface RecentBlock {
  readonly block: StoredBlock;
  readonly data: Promise<Uint8Array>;
}
const mostRecent = 4;
/** But two, however long they are: what is asked for may begin in one and end in the next. */
const recentBytes = 16 * 1024 ** 2;
const collect = collector('whole');

/** That of each disk that was found to be in order, as long as somebody has it. */
const works = new WeakMap<StoredDisk, Work>();

function workOf(disk: StoredDisk): Work {
  const known = works.get(disk);
  if (known) return known;
  checkOrder(disk);
  const room = disk.blocks.reduce((most, { bytes }) => Math.max(most, bytes), 1);
  const none: Work = { recent: [], spare: [], room };
  works.set(disk, none);
  return none;
}

function readOnce(block: StoredBlock, recent: RecentBlock[], call: Call): Promise<Uint8Array> {
  const at = recent.findIndex((one) => one.block === block);
  const [known = { block, data: readAgain(block, call) }] = at < 0 ? [] : recent.splice(at, 1);
  // What was in use for long is not found by collecting what is young.
  if (at < 0) collect(memoryOf(block));
  recent.push(known);
  const kept = Math.max(2, Math.min(mostRecent, recentBytes / block.length));
  while (recent.length > kept) recent.shift();
  known.data.catch(() => {
    const failed = recent.indexOf(known);
    if (failed >= 0) recent.splice(failed, 1);
  });
  return known.data;
}

async function readAgain(block: StoredBlock, call: Call, memory?: Buffer): Promise<Uint8Array> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await unpackBlock(block, await gather(block, memory));
    } catch (error) {
      if (!isPassing(error)) throw error;
      await beforeRetry(error, tries, call);
    }
  }
}

async function gather(block: StoredBlock, memory: Buffer = Buffer.allocUnsafe(block.bytes)): Promise<Uint8Array> {
  const whole = memory.subarray(0, block.bytes);
  let filled = 0;
  for await (const chunk of block.open(whole)) {
    if (filled + chunk.length > whole.length)
      throw integrityError(`the block at byte ${block.offset} has more than the expected ${block.bytes} bytes`);
    const isThere = chunk.buffer === whole.buffer && chunk.byteOffset === whole.byteOffset + filled;
    if (!isThere) whole.set(chunk, filled);
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
