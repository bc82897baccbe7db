import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { StoredBlock } from '../../../src/core/blocks.ts';
import { networkError } from '../../../src/core/errors.ts';
import { packBlock } from '../../../src/transfer/blocks/pack-block.ts';
import { readBlocks } from '../../../src/transfer/blocks/read-blocks.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { diskBytes, gather } from '../../support/content.ts';

const length = 64 * 1024;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Watched {
  now: number;
  most: number;
  opened: number;
}

/** Blocks of noise and of text in turns, with a hole behind every third. */
async function storedBlocks(count: number, watched: Watched, before?: (nth: number) => void): Promise<StoredBlock[]> {
  const all: StoredBlock[] = [];
  for (let index = 0; index < count; index += 1) {
    const data = index % 2 === 0 ? diskBytes('raw', length, index + 1) : Buffer.alloc(length, `text ${index} `);
    const packed = await packBlock(data);
    all.push({
      offset: (index + Math.floor(index / 3)) * length,
      length,
      content: sha256(data),
      bytes: packed.bytes.length,
      sha256: packed.sha256,
      ...(packed.compression ? { compression: packed.compression } : {}),
      async *open() {
        const nth = (watched.opened += 1);
        watched.most = Math.max(watched.most, (watched.now += 1));
        try {
          await new Promise((resolve) => setImmediate(resolve));
          before?.(nth);
          yield packed.bytes.subarray(0, 10);
          yield packed.bytes.subarray(10);
        } finally {
          watched.now -= 1;
        }
      },
    });
  }
  return all;
}

const nobody = (): Watched => ({ now: 0, most: 0, opened: 0 });

describe('a disk that lies in blocks', () => {
  it('is fetched side by side, no more than so many at once, and given in order', async () => {
    const watched = nobody();
    const blocks = await storedBlocks(12, watched);
    const bytes = 16 * length;
    const whole = await gather(readBlocks({ bytes, blocks }, 0, bytes - 1, 4, testCall()));
    expect([whole.length, watched.most, watched.opened]).toEqual([bytes, 4, 12]);
    for (const { offset, content } of blocks) expect(sha256(whole.subarray(offset, offset + length))).toBe(content);
    expect(whole.subarray(3 * length, 4 * length).equals(Buffer.alloc(length))).toBe(true);
  });

  it('is read into few pieces of memory, which are used again', async () => {
    const blocks = (await storedBlocks(24, nobody())).filter(({ compression }) => compression === undefined);
    const used = new Set<unknown>();
    for await (const chunk of readBlocks({ bytes: 32 * length, blocks }, 0, 32 * length - 1, 2, testCall()))
      used.add(chunk.buffer);
    // One is with who reads; zeros are always the same.
    expect(used.size).toBeLessThanOrEqual(2 + 1 + 1);
  });

  it('is asked for no block beside the bytes that are wanted', async () => {
    const watched = nobody();
    const blocks = await storedBlocks(12, watched);
    await gather(readBlocks({ bytes: 16 * length, blocks }, length + 1, 2 * length, 4, testCall()));
    expect(watched.opened).toBe(2);
    await gather(readBlocks({ bytes: 16 * length, blocks }, 3 * length, 4 * length - 1, 4, testCall()));
    expect(watched.opened).toBe(2);
  });

  it('is asked for a block again that the network fails, and for no other', async () => {
    const watched = nobody();
    const blocks = await storedBlocks(6, watched, (nth) => {
      if (nth === 2) throw networkError('broken');
    });
    await gather(readBlocks({ bytes: 8 * length, blocks }, 0, 8 * length - 1, 2, testCall(undefined, 3)));
    expect(watched.opened).toBe(7);
  });

  it('is of few large blocks at once', async () => {
    const watched = nobody();
    const blocks = await storedBlocks(6, watched);
    const large = blocks.map((block) => ({ ...block, offset: block.offset * 1024, length: 64 * 1024 ** 2 }));
    await failureOf(gather(readBlocks({ bytes: 2 ** 40, blocks: large }, 0, 2 ** 40 - 1, 4, testCall())), 'INTEGRITY');
    expect(watched.most).toBe(1);
  });

  it('is of one less where several have room, for whoever reads has one', async () => {
    const watched = nobody();
    const blocks = (await storedBlocks(12, watched)).filter(({ compression }) => compression === undefined);
    const size = 8 * 1024 ** 2;
    const long = blocks.map((block) => ({ ...block, offset: block.offset * 1024, length: size, bytes: size }));
    await failureOf(gather(readBlocks({ bytes: 2 ** 40, blocks: long }, 0, 2 ** 40 - 1, 4, testCall())), 'INTEGRITY');
    expect(watched.most).toBe(3);
  });

  it('is not copied where it has come into the memory that was offered', async () => {
    const [block] = await storedBlocks(1, nobody());
    if (!block) throw new Error('no block');
    let offered: Uint8Array | undefined;
    const into: StoredBlock = {
      ...block,
      async *open(memory = new Uint8Array()) {
        offered = memory;
        let at = 0;
        for await (const chunk of block.open()) {
          memory.set(chunk, at);
          yield memory.subarray(at, (at += chunk.length));
        }
      },
    };
    for await (const chunk of readBlocks({ bytes: length, blocks: [into] }, 0, length - 1, 4, testCall())) {
      expect([chunk.buffer === offered?.buffer, chunk.length]).toEqual([true, length]);
      expect(sha256(chunk)).toBe(block.content);
    }
  });

  it('is of half as many where they are compressed, and take twice the room', async () => {
    const watched = nobody();
    const blocks = await storedBlocks(6, watched);
    const size = 16 * 1024 ** 2;
    const packed = blocks.map((block) => ({
      ...block,
      offset: block.offset * 1024,
      length: size,
      bytes: size,
      compression: 'gzip' as const,
    }));
    await failureOf(gather(readBlocks({ bytes: 2 ** 40, blocks: packed }, 0, 2 ** 40 - 1, 4, testCall())), 'INTEGRITY');
    expect(watched.most).toBe(1);
  });

  it('is PROVIDER where its blocks lie over each other or past its end', async () => {
    const [block] = await storedBlocks(1, nobody());
    if (!block) throw new Error('no block');
    for (const [blocks, bytes] of [
      [[block, block], 2 * length],
      [[block], length - 1],
      [[{ ...block, length: 0 }], length],
    ] as const)
      // prettier-ignore
      await failureOf(gather(readBlocks({ bytes, blocks }, 0, bytes - 1, 4, testCall())), 'PROVIDER');
  });
});

/** 65,536 bytes of `zstd ` over and over, as Node 24 compresses them. */
const zstdOfText = Buffer.from('KLUv/WAA/20AACh6c3RkIAEA+H/oRQs=', 'base64');

/** 8 MiB of zeros, likewise. */
const zstdBomb = Buffer.from(
  'KLUv/YBYAACAAFQAABAAAAEA+/85wAICABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAIAEAACABAAAgAQAAMAEAA=',
  'base64',
);

/** A block that holds `stored`, which is said to be `length` bytes of `data` on the disk. */
const blockOf = (stored: Uint8Array, data: Uint8Array, compression?: 'gzip' | 'zstd'): StoredBlock => ({
  offset: 0,
  length,
  content: sha256(data),
  bytes: stored.length,
  sha256: sha256(stored),
  ...(compression ? { compression } : {}),
  async *open() {
    yield stored;
  },
});
const readOf = (block: StoredBlock) => gather(readBlocks({ bytes: length, blocks: [block] }, 0, length - 1, 4, testCall()));

describe('a block that came', () => {
  it('may be compressed by a newer Node than this', async () => {
    const text = Buffer.alloc(length, 'zstd ');
    expect((await readOf(blockOf(zstdOfText, text, 'zstd'))).equals(text)).toBe(true);
  });

  it('is INTEGRITY where it unpacks to more than it is, to less, or not at all', async () => {
    const text = Buffer.alloc(length, 'text ');
    const bomb = gzipSync(Buffer.alloc(64 * 1024 ** 2));
    const broken = Buffer.concat([zstdOfText.subarray(0, 20), Buffer.alloc(20, 255)]);
    for (const block of [
      blockOf(bomb, text, 'gzip'),
      blockOf(gzipSync(text.subarray(1)), text, 'gzip'),
      blockOf(text, text, 'gzip'),
      blockOf(zstdOfText, text, 'zstd'),
      blockOf(zstdBomb, text, 'zstd'),
      blockOf(broken, text, 'zstd'),
      blockOf(text, text, 'zstd'),
      { ...blockOf(text, text), bytes: length - 1 },
      { ...blockOf(text, text), sha256: sha256(gzipSync(text)) },
    ])
      // prettier-ignore
      await failureOf(readOf(block), 'INTEGRITY');
  });

  it('is fetched once by who reads it piece by piece, of each disk by itself', async () => {
    const watched = nobody();
    const disks = [await storedBlocks(2, watched), await storedBlocks(2, watched)].map((blocks) => ({
      bytes: 2 * length,
      blocks,
    }));
    for (let from = 0; from < 2 * length; from += length / 4)
      for (const disk of disks)
        expect((await gather(readBlocks(disk, from, from + length / 4 - 1, 4, testCall()))).length).toBe(length / 4);
    expect(watched.opened).toBe(4);
  });
});

describe('a block', () => {
  it('is compressed only where that makes it smaller, and is the same bytes each time', async () => {
    const text = Buffer.alloc(length, 'text ');
    const [one, two] = [await packBlock(text), await packBlock(text)];
    expect(one.compression).toMatch(/^(gzip|zstd)$/);
    expect([one.sha256, one.bytes.length < 1000]).toEqual([two.sha256, true]);
    expect(one.sha256).toBe(sha256(one.bytes));
    const noise = diskBytes('raw', length);
    expect(await packBlock(noise)).toEqual({ bytes: noise, sha256: sha256(noise) });
  });
});
