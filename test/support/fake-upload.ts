import type { Block, BlocksSent, BlockUpload } from '../../src/core/blocks.ts';
import type { ImageRecord } from '../../src/core/image.ts';
import type { Call } from '../../src/core/operation.ts';

export const record: ImageRecord = {
  id: 'made',
  name: 'made',
  status: 'active',
  providerStatus: 'ok',
  tags: [],
  properties: {},
  places: [],
  raw: {},
};

/** A provider that takes blocks in memory, and refuses what a real one refuses: an end or an abort while a block is under way, and anything after it. */
export interface FakeUpload extends BlockUpload {
  /** Blocks that are there, by index. */
  readonly there: Map<number, Buffer>;
  /** Indices in the order in which they were begun to be put, and the addresses of the memory they came in. */
  readonly begun: number[];
  readonly memory: Set<ArrayBufferLike>;
  readonly digests: Map<number, string>;
  mostAtOnce(): number;
  sent(): BlocksSent | undefined;
  state(): 'open' | 'complete' | 'aborted';
}

export interface FakeWishes {
  readonly blockBytes?: number;
  readonly has?: readonly number[];
  /** Called when a block has come, before it is kept; may throw, or wait. */
  readonly before?: (block: Block, call: Call) => void | Promise<void>;
  readonly onComplete?: () => void;
  readonly onAbort?: (call: Call) => void;
}

export function fakeUpload({ blockBytes, has = [], before, onComplete, onAbort }: FakeWishes = {}): FakeUpload {
  const there = new Map<number, Buffer>();
  const begun: number[] = [];
  const memory = new Set<ArrayBufferLike>();
  const digests = new Map<number, string>();
  let underWay = 0;
  let mostAtOnce = 0;
  let state: 'open' | 'complete' | 'aborted' = 'open';
  let sent: BlocksSent | undefined;
  const end = (next: 'complete' | 'aborted'): void => {
    if (state !== 'open' || underWay > 0) throw new Error(`${next} while ${underWay} blocks are under way, in state ${state}`);
    state = next;
  };
  return {
    ref: 'upload-1',
    ...(blockBytes === undefined ? {} : { blockBytes }),
    has: (index) => has.includes(index),
    async put(block, call) {
      if (state !== 'open') throw new Error(`block ${block.index} in state ${state}`);
      begun.push(block.index);
      memory.add(block.bytes.buffer);
      underWay += 1;
      mostAtOnce = Math.max(mostAtOnce, underWay);
      try {
        const first = Buffer.from(block.bytes);
        // A provider reads for a while: nobody may write to the memory meanwhile.
        await new Promise((resolve) => setImmediate(resolve));
        await before?.(block, call);
        if (!first.equals(block.bytes)) throw new Error(`block ${block.index} was changed while it was under way`);
        there.set(block.index, first);
        if (block.digest) digests.set(block.index, Buffer.from(block.digest).toString('hex'));
      } finally {
        underWay -= 1;
      }
    },
    async complete(all) {
      end('complete');
      onComplete?.();
      sent = { ...all, digests: [...all.digests] };
      return record;
    },
    async abort(call) {
      end('aborted');
      onAbort?.(call);
    },
    there,
    begun,
    memory,
    digests,
    mostAtOnce: () => mostAtOnce,
    sent: () => sent,
    state: () => state,
  };
}
