/** What blocks that are under way at once may have in memory, with what they are compressed to: of large ones there are fewer. */
const mostMemory = 32 * 1024 ** 2;

/** How many blocks that take so much memory each may be under way at once, of `most` that could be. */
export const atOnce = (most: number, each: number): number => Math.max(1, Math.min(most, Math.floor(mostMemory / each)));

/** The same where whoever gets them in order has one more: of three or more for which there is room that is one. */
export function atOnceBesideOne(most: number, each: number): number {
  const room = atOnce(Infinity, each);
  return Math.min(most, room > 2 ? room - 1 : room);
}

/** A fixed number of buffers of one length, each made when it is first needed. */
export interface BlockMemory {
  /** A buffer that nobody uses: waits until there is one. What is in it is of no meaning. */
  take(): Promise<Buffer>;
  give(buffer: Buffer): void;
}

export function blockMemory(count: number, length: number): BlockMemory {
  const free: Buffer[] = [];
  const waiting: ((buffer: Buffer) => void)[] = [];
  let made = 0;
  return {
    async take() {
      const idle = free.pop();
      if (idle) return idle;
      if (made === count) return new Promise((resolve) => waiting.push(resolve));
      made += 1;
      return Buffer.allocUnsafe(length);
    },
    give(buffer) {
      const next = waiting.shift();
      if (next) next(buffer);
      else free.push(buffer);
    },
  };
}
