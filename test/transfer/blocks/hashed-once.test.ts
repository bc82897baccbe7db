import { createHash, webcrypto } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import type { BlockFacts } from '../../../src/core/blocks.ts';
import { sendBlocks } from '../../../src/transfer/blocks/send-blocks.ts';
import { streamRuns } from '../../../src/transfer/formats/index.ts';
import { prepare } from '../../../src/transfer/prepare.ts';
import { contentIdOf } from '../../../src/transfer/writers/content-id.ts';
import { testCall } from '../../conformance/stage.ts';
import { fakeUpload } from '../../support/fake-upload.ts';
import { chunked, meansIn, noWishes, stage } from '../sources.ts';

const place = stage();
const block = 512 << 10;
const facts: BlockFacts = { bytes: block, order: 'any', concurrency: 4, sparse: true, digest: 'sha256' };

/** Blocks of one byte each, 0 for zeros, and what is behind them. */
const disk = (blocks: readonly number[], rest = 0): Buffer =>
  Buffer.concat([...blocks.map((byte) => Buffer.alloc(block, byte)), Buffer.alloc(rest, 200)]);

const disks: readonly (readonly [string, Buffer])[] = [
  ['data to its end', disk([1, 2, 3])],
  ['zeros between, and at its end', disk([1, 0, 0, 2, 0, 0])],
  ['nothing but zeros', disk([0, 0])],
  ['a last block that is short', disk([1, 0, 2], 1024)],
  ['less than a block', disk([], 2048)],
  ['blocks that begin or end with zeros', disk([0, 1, 2, 0, 0, 0, 3, 0, 4], 512)],
];
const lengths = [1, 2, 4];

it.each(disks.flatMap(([of, data]) => lengths.map((times) => [of, times, data] as const)))(
  'a disk of %s that is hashed for its target in blocks %i times those of the content id is not hashed apart from that',
  async (_of, times, data) => {
    const length = block * times;
    const contentId = await contentIdOf(streamRuns(chunked(data), {}));
    const prepared = await prepare(await place.file('disk', data), [{ format: 'raw' }], noWishes, meansIn(place.folder()));
    const content = await prepared.content();
    const again = vi.spyOn(webcrypto.subtle, 'digest');
    const upload = fakeUpload();
    await sendBlocks(content, upload, { ...facts, bytes: length }, testCall());
    expect(await prepared.contentId()).toBe(contentId);
    // What is shorter than a block is filled up first.
    expect(again.mock.calls.length).toBeLessThanOrEqual(1);
    again.mockRestore();
    for (const [index, digest] of upload.digests)
      expect(digest).toBe(
        createHash('sha256')
          .update(data.subarray(index * length, (index + 1) * length))
          .digest('hex'),
      );
    await prepared.close();
  },
);
