import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { BlockFacts } from '../../../src/core/blocks.ts';
import type { Note } from '../../../src/core/operation.ts';
import { abortedError, authError, networkError, providerError } from '../../../src/core/errors.ts';
import { sendBlocks } from '../../../src/transfer/blocks/send-blocks.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { contentOf, diskBytes, type ContentWishes, type TestContent } from '../../support/content.ts';
import { fakeUpload, record, type FakeUpload } from '../../support/fake-upload.ts';
import { meeting } from '../../support/meeting.ts';

const block = 1000;
const facts: BlockFacts = { bytes: block, order: 'any', concurrency: 3, sparse: false };
const disk = (length: number, wishes: ContentWishes = {}): TestContent =>
  contentOf(diskBytes('raw', length), { format: 'raw' }, length, wishes);
/** The disk as it is at the provider: what was never put reads as zeros. */
const assembled = ({ there }: FakeUpload, length: number): Buffer => {
  const all = Buffer.alloc(length);
  for (const [index, bytes] of there) bytes.copy(all, index * block);
  return all;
};
/** Throws at the first `times` tries of one block. */
const failing = (index: number, error: Error, times = 1) => {
  let left = times;
  return ({ index: now }: { readonly index: number }): void => {
    if (now === index && (left -= 1) >= 0) throw error;
  };
};
const busy = (): Error => providerError('busy', { status: 503, retryAfterMs: 1 });
const soon = { retryAfterMs: 1 };

describe('a disk in blocks', () => {
  it('arrives whole, its last block shorter, and ends as the image that the provider makes', async () => {
    const content = disk(200 * block + 7);
    const upload = fakeUpload();
    expect(await sendBlocks(content, upload, facts, testCall())).toBe(record);
    expect(assembled(upload, content.data.length).equals(content.data)).toBe(true);
    expect(upload.there.get(200)?.length).toBe(7);
    expect(content.opened()).toBe(1);
    expect(upload.sent()).toMatchObject({
      blocks: 201,
      content: { bytes: content.data.length, digests: content.sent().digests },
    });
    expect(upload.state()).toBe('complete');
  });

  it('of no byte has no block, and is an image', async () => {
    const upload = fakeUpload();
    await sendBlocks(disk(0), upload, facts, testCall());
    expect(upload.begun).toEqual([]);
    expect(upload.sent()).toMatchObject({ blocks: 0, digests: [] });
  });

  it('is cut as the upload says, where that has a length of its own', async () => {
    const upload = fakeUpload({ blockBytes: 2 * block });
    await sendBlocks(disk(5 * block), upload, facts, testCall());
    expect([...upload.there.values()].map(({ length }) => length)).toEqual([2 * block, 2 * block, block]);
  });

  for (const sparse of [true, false])
    it(`${sparse ? 'leaves out' : 'sends'} zeros where what was not put reads as ${sparse ? 'zeros' : 'anything'}`, async () => {
      const data = diskBytes('raw', 6 * block);
      data.fill(0, block, 3 * block).fill(0, 5 * block);
      const upload = fakeUpload();
      await sendBlocks(contentOf(data, { format: 'raw' }, data.length), upload, { ...facts, sparse }, testCall());
      expect([...upload.there.keys()].toSorted()).toEqual(sparse ? [0, 3, 4] : [0, 1, 2, 3, 4, 5]);
      expect(assembled(upload, data.length).equals(data)).toBe(true);
      expect(upload.sent()?.blocks).toBe(sparse ? 3 : 6);
    });

  it('is as far as what has come there, and not as what was read ahead', async () => {
    const data = diskBytes('raw', 9 * block + 5);
    data.fill(0, block, 3 * block);
    let come = 0;
    const told: number[] = [];
    const content = { ...contentOf(data, { format: 'raw' }, data.length), arrived: (bytes: number) => void told.push(bytes) };
    const sum = (): number => told.reduce((total, bytes) => total + bytes, 0);
    const upload = fakeUpload({
      has: [4],
      async before({ bytes }) {
        await new Promise((resolve) => setImmediate(resolve));
        // Zeros and what is there already need not come.
        expect(sum()).toBeLessThanOrEqual(come + 3 * block);
        come += bytes.length;
      },
    });
    await sendBlocks(content, upload, { ...facts, sparse: true, digest: 'sha256' }, testCall());
    expect([told[0], sum()]).toEqual([0, data.length]);
  });

  it('goes on with an upload: what is there is not put, and counts', async () => {
    const content = disk(6 * block);
    const upload = fakeUpload({ has: [0, 1, 4] });
    await sendBlocks(content, upload, { ...facts, digest: 'sha256' }, testCall());
    expect(upload.begun).toEqual([2, 3, 5]);
    expect(upload.sent()?.blocks).toBe(6);
    expect([...(upload.sent()?.digests ?? [])].length).toBe(6);
  });

  for (const digest of ['sha256', 'md5'] as const)
    it(`has a ${digest} with each block, and all of them in order at its end`, async () => {
      const content = disk(40 * block);
      const upload = fakeUpload({ before: ({ index }) => new Promise((resolve) => setTimeout(resolve, index % 3)) });
      await sendBlocks(content, upload, { ...facts, digest }, testCall());
      const wanted = Array.from({ length: 40 }, (_, index) =>
        createHash(digest)
          .update(content.data.subarray(index * block, (index + 1) * block))
          .digest('hex'),
      );
      expect(wanted.map((_, index) => upload.digests.get(index))).toEqual(wanted);
      expect([...(upload.sent()?.digests ?? [])].map((one) => Buffer.from(one).toString('hex'))).toEqual(wanted);
    });

  it('has the CRC-32C of a block in network order', async () => {
    const data = Buffer.from('123456789');
    const upload = fakeUpload();
    await sendBlocks(contentOf(data, { format: 'raw' }, 9), upload, { ...facts, digest: 'crc32c' }, testCall());
    expect(upload.digests.get(0)).toBe('e3069283');
  });
});

describe('blocks under way', () => {
  it('are never more than may be, in as many buffers, however long the disk is', async () => {
    const three = meeting(3);
    const turn = (index: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, index % 2));
    const upload = fakeUpload({ before: ({ index }) => (index < 3 ? three() : turn(index)) });
    const content = disk(300 * block);
    await sendBlocks(content, upload, facts, testCall());
    expect(upload.mostAtOnce()).toBe(3);
    expect(upload.memory.size).toBeLessThanOrEqual(3);
    expect(assembled(upload, content.data.length).equals(content.data)).toBe(true);
  });

  it('hold the source up: nothing is read that has no room', async () => {
    let read = 0;
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const upload = fakeUpload({ blockBytes: 65_536, before: () => gate });
    const content = disk(40 * 65_536, { before: (offset) => void (read = offset) });
    const work = sendBlocks(content, upload, facts, testCall());
    await expect.poll(() => upload.begun.length).toBe(3);
    // Whoever reads on does so in the turns that follow.
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(upload.begun).toEqual([0, 1, 2]);
    expect(read).toBeLessThanOrEqual(4 * 65_536);
    open();
    await work;
    expect(upload.there.size).toBe(40);
  });

  it('go one after the other where the order counts, also when one has to be put again', async () => {
    const upload = fakeUpload({ before: failing(4, busy(), 2) });
    await sendBlocks(disk(8 * block), upload, { ...facts, order: 'ascending' }, testCall(undefined, 5));
    expect(upload.begun).toEqual([0, 1, 2, 3, 4, 4, 4, 5, 6, 7]);
    expect(upload.mostAtOnce()).toBe(1);
  });
});

describe('a block that fails', () => {
  for (const error of [networkError('cut', soon), busy(), providerError('slow down', { status: 429, retryAfterMs: 1 })])
    it(`is put again, and no other: ${error.message}`, async () => {
      const upload = fakeUpload({ before: failing(5, error) });
      const call = testCall(undefined, 3);
      const content = disk(12 * block);
      await sendBlocks(content, upload, facts, call);
      expect(upload.begun.filter((index) => index === 5).length).toBe(2);
      expect(upload.begun.length).toBe(13);
      expect(call.retries.left).toBe(2);
      expect(call.notes).toEqual([{ kind: 'retry', reason: error.message, afterMs: 1 }]);
      expect(assembled(upload, content.data.length).equals(content.data)).toBe(true);
    });

  it('is put again as late as the provider asks', async () => {
    const upload = fakeUpload({ before: failing(0, providerError('busy', { status: 503, retryAfterMs: 60 })) });
    const started = performance.now();
    await sendBlocks(disk(block), upload, facts, testCall(undefined, 1));
    expect(performance.now() - started).toBeGreaterThanOrEqual(55);
  });

  it('more often than there are retries for all blocks ends the upload, of which nothing is left', async () => {
    const upload = fakeUpload({ before: (one) => (one.index % 5 === 0 ? Promise.reject(busy()) : undefined) });
    const call = testCall(undefined, 4);
    await failureOf(sendBlocks(disk(100 * block), upload, facts, call), 'PROVIDER');
    expect(call.retries.left).toBe(0);
    expect(upload.state()).toBe('aborted');
  });

  it('for good stops the others, is not put again, and ends the upload', async () => {
    const stopped: number[] = [];
    const upload = fakeUpload({
      async before({ index }, { signal }) {
        if (index === 2) throw authError('no');
        await new Promise<void>((_, reject) =>
          signal.addEventListener('abort', () => {
            stopped.push(index);
            reject(abortedError('interrupted'));
          }),
        );
      },
    });
    const error = await failureOf(sendBlocks(disk(100 * block), upload, facts, testCall(undefined, 9)), 'AUTH');
    expect(error.circumstances.leftover).toBeUndefined();
    expect(stopped).toEqual([0, 1]);
    expect(upload.begun).toEqual([0, 1, 2]);
    expect(upload.state()).toBe('aborted');
  });

  it('names the upload as left over where it cannot be removed', async () => {
    const upload = fakeUpload({
      before: failing(0, authError('no')),
      onAbort: () => {
        throw networkError('gone');
      },
    });
    const { code, circumstances } = await failureOf(sendBlocks(disk(block), upload, facts, testCall()), 'AUTH');
    expect([code, circumstances.leftover]).toEqual(['AUTH', 'upload-1']);
  });

  for (const circumstances of [{ lost: true }, { uncertain: true }])
    it(`leaves the upload alone where there is nothing to remove or it may be an image: ${JSON.stringify(circumstances)}`, async () => {
      const upload = fakeUpload({ before: failing(1, networkError('no', circumstances), 99) });
      await failureOf(sendBlocks(disk(4 * block), upload, facts, testCall(undefined, 9)), 'NETWORK');
      expect(upload.begun.filter((index) => index === 1).length).toBe(1);
      expect(upload.state()).toBe('open');
    });
});

describe('an upload in blocks that cannot end well', () => {
  it('is stopped by its signal, also while the source gives nothing, and removed by a call of its own', async () => {
    const controller = new AbortController();
    let aborting: AbortSignal | undefined;
    const upload = fakeUpload({ onAbort: ({ signal }) => void (aborting = signal) });
    const content = disk(300_000, {
      before: (offset) => (offset < 200_000 ? undefined : new Promise(() => setTimeout(() => controller.abort(), 5))),
    });
    await failureOf(sendBlocks(content, upload, facts, testCall(controller.signal)), 'ABORTED');
    expect(upload.state()).toBe('aborted');
    expect(aborting?.aborted).toBe(false);
  });

  it('is stopped by a block that fails while the source gives nothing', async () => {
    const content = disk(300_000, { before: (offset) => (offset < 100_000 ? undefined : new Promise(() => undefined)) });
    const upload = fakeUpload({ before: failing(60, authError('no')) });
    await failureOf(sendBlocks(content, upload, facts, testCall()), 'AUTH');
    expect(upload.state()).toBe('aborted');
  });

  it('is stopped by its signal while it waits to put a block again', async () => {
    const controller = new AbortController();
    const upload = fakeUpload({ before: () => Promise.reject(providerError('busy', { status: 503, retryAfterMs: 50_000 })) });
    const stop = ({ kind }: Note): unknown => kind === 'retry' && setImmediate(() => controller.abort());
    await failureOf(sendBlocks(disk(block), upload, facts, { ...testCall(controller.signal, 3), note: stop }), 'ABORTED');
    expect(upload.state()).toBe('aborted');
  });

  for (const [what, cutAt, said] of [
    ['shorter', 2500, 3000],
    ['longer', 3000, 2500],
  ] as const)
    it(`is INTEGRITY, and removed, when the source is ${what} than it says`, async () => {
      const upload = fakeUpload();
      const content = { ...disk(3000, { cutAt }), bytes: said };
      await failureOf(sendBlocks(content, upload, facts, testCall()), 'INTEGRITY');
      expect(upload.state()).toBe('aborted');
    });

  it('is removed when the source fails or the provider refuses to make an image of it', async () => {
    const broken = fakeUpload();
    const content = disk(300_000, {
      before: (offset) => {
        if (offset > 100_000) throw networkError('the source broke');
      },
    });
    expect((await failureOf(sendBlocks(content, broken, facts, testCall()), 'NETWORK')).message).toBe('the source broke');
    expect(broken.state()).toBe('aborted');
    const refused = { ...fakeUpload(), complete: () => Promise.reject(authError('no')) };
    await failureOf(sendBlocks(disk(block), refused, facts, testCall()), 'AUTH');
    expect(refused.state()).toBe('aborted');
  });
});
