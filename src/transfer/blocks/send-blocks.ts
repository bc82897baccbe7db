import type { Block, BlockFacts, BlocksSent, BlockUpload } from '../../core/blocks.ts';
import { abortedError, ImgctlError, type Circumstances } from '../../core/errors.ts';
import type { Call, Content, HashedBlocks } from '../../core/operation.ts';
import { beforeRetry, isPassing } from '../../core/retry.ts';
import { untilAborted } from '../source.ts';
import { isZero } from '../writers/zeros.ts';
import { digestOf, digestsWithin, DigestList, type HashedPiece } from './block-digest.ts';
import { atOnce, blockMemory } from './block-memory.ts';
import { cutBlocks, type CutBlock } from './cut-blocks.ts';
import { packBlock } from './pack-block.ts';

type SentContent = Pick<Content, 'bytes' | 'open' | 'pieces' | 'hashing' | 'arrived' | 'sent'>;

/** What letting go of a failed upload may take, also after the run itself was stopped. */
const abortMs = 30_000;
const abortRetries = 2;

/**
 * Sends a content block by block and makes the image of it. It is read once, into as many buffers as blocks may be under way; a block
 * that the network or the server fails is put again, on the call's retries. Any other failure, or the end of the call, stops all that
 * is under way and removes what was sent; what cannot be removed is `leftover`. Throws INTEGRITY where the content is shorter or
 * longer than it says, what the provider throws, and with `lost` where it has forgotten the upload.
 */
export async function sendBlocks<Made>(
  content: SentContent,
  upload: BlockUpload<Made>,
  facts: BlockFacts,
  call: Call,
): Promise<Made> {
  try {
    return await upload.complete(await sendAll(content, upload, facts, call), call);
  } catch (error) {
    throw await letGo(upload, error, call);
  }
}

async function sendAll(content: SentContent, upload: BlockUpload<unknown>, facts: BlockFacts, call: Call): Promise<BlocksSent> {
  const usual = upload.blockBytes ?? facts.bytes;
  const bytes = Math.min(usual, Math.max(1, content.bytes ?? Infinity));
  const each = facts.compresses ? 2 * bytes : bytes;
  const memory = blockMemory(facts.order === 'ascending' ? 1 : atOnce(facts.concurrency, each), bytes);
  const hashes = facts.sparse && facts.digest === 'sha256' ? content.hashing?.(usual) : undefined;
  const arrived = (count: number): void => content.arrived?.(count);
  arrived(0);
  // Zeros that are told need not be looked for.
  const given = (facts.sparse ? content.pieces?.() : undefined) ?? content.open();
  const digests = new DigestList();
  let blocks = 0;
  let cutUpTo = 0;
  await sideBySide(call, async (within, begin) => {
    for await (const cut of cutBlocks(untilAborted(given, within.signal), {
      memory,
      blockBytes: bytes,
      expected: content.bytes,
      sparse: facts.sparse,
    })) {
      // It may have been cut before the end of another one freed its room.
      if (within.signal.aborted) throw abortedError('interrupted');
      const { length } = cut.bytes;
      const zeros = cut.offset - cutUpTo;
      arrived(zeros);
      cutUpTo = cut.offset + length;
      const isNothing = facts.sparse && isZero(cut.bytes);
      const hashed = hashes && !isNothing ? digestsWithin(cut.bytes, hashes.each) : undefined;
      const block = isNothing ? undefined : blockOf(cut, facts, hashed?.whole);
      if (block?.digest) digests.add(block.digest);
      await hashes?.zeros(zeros + (isNothing ? length : 0));
      if (hashes && hashed) await tell(hashes, hashed.pieces);
      if (block) blocks += 1;
      if (!block || upload.has?.(block.index)) {
        memory.give(cut.buffer);
        arrived(length);
      } else begin(putThere(upload, block, within, arrived).finally(() => memory.give(cut.buffer)));
    }
    if (content.bytes === undefined) return;
    arrived(content.bytes - cutUpTo);
    await hashes?.zeros(content.bytes - cutUpTo);
  });
  return { blocks, digests, content: content.sent() };
}

/** Tells of the pieces of a block: by the digests of those that are whole, by nothing but the length where one is zeros. */
async function tell(hashes: HashedBlocks, pieces: readonly HashedPiece[]): Promise<void> {
  for (const { bytes, digest } of pieces)
    if (!digest) await hashes.zeros(bytes.length);
    else await (bytes.length === hashes.each ? hashes.block(digest) : hashes.data(bytes));
}

/** Does work that begins other work. Returns once all of it is done; the first failure stops the rest, and is thrown when that has ended. */
async function sideBySide(call: Call, work: (within: Call, begin: (one: Promise<void>) => void) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const failed = (error: unknown): void => {
    failures.push(error);
    stop.abort();
  };
  const begin = (one: Promise<void>): void => {
    const watched: Promise<void> = one.catch(failed).finally(() => underWay.delete(watched));
    underWay.add(watched);
  };
  await work({ ...call, signal: AbortSignal.any([call.signal, stop.signal]) }, begin).catch(failed);
  await Promise.all(underWay);
  if (failures.length > 0) throw failures[0];
}

/** `known`: its digest, where that was taken. */
function blockOf({ index, offset, bytes }: CutBlock, { digest: algorithm, compresses }: BlockFacts, known?: Uint8Array): Block {
  const digest = known ?? (algorithm && digestOf(bytes, algorithm));
  const sha256 = algorithm === 'sha256' && digest ? Buffer.from(digest).toString('hex') : undefined;
  let packed: ReturnType<typeof packBlock> | undefined;
  return {
    index,
    offset,
    bytes,
    ...(digest ? { digest } : {}),
    ...(compresses ? { packed: () => (packed ??= packBlock(bytes, sha256)) } : {}),
  };
}

async function putThere(upload: BlockUpload<unknown>, block: Block, call: Call, arrived: (count: number) => void): Promise<void> {
  const { length } = block.bytes;
  await putAgain(upload, block, call);
  arrived(length);
}

async function putAgain(upload: BlockUpload<unknown>, block: Block, call: Call): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await upload.put(block, call);
    } catch (error) {
      if (!isPassing(error)) throw error;
      await beforeRetry(error, tries, call);
    }
  }
}

/** The failure of an upload of which nothing is left any more, or which names what is. One that may have worked is left alone. */
async function letGo(upload: BlockUpload<unknown>, error: unknown, call: Call): Promise<unknown> {
  const { lost, uncertain, leftover } = error instanceof ImgctlError ? error.circumstances : {};
  if (lost || uncertain || leftover !== undefined) return error;
  try {
    await upload.abort({ ...call, signal: AbortSignal.timeout(abortMs), retries: { left: abortRetries } });
    return error;
  } catch (failure) {
    const left = leftOf(upload, failure);
    if (!(error instanceof ImgctlError)) return new ImgctlError('INTERNAL', String(error), { cause: error, ...left });
    const hint = [error.circumstances.hint, left.hint].filter(Boolean).join('\n');
    return new ImgctlError(error.code, error.message, { ...error.circumstances, ...left, ...(hint === '' ? {} : { hint }) });
  }
}

/** What stays of an upload that could not be let go: the image, where one was made of it by then, else the upload. */
function leftOf({ ref }: BlockUpload<unknown>, failure: unknown): Pick<Circumstances, 'hint' | 'leftover' | 'isLeftoverPart'> {
  const { hint, leftover, isLeftoverPart } = failure instanceof ImgctlError ? failure.circumstances : {};
  if (leftover !== undefined && !isLeftoverPart) return { leftover };
  return { leftover: ref, isLeftoverPart: true, ...(hint === undefined ? {} : { hint }) };
}
