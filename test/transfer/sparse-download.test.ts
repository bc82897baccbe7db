import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Extent } from '../../src/core/extent.ts';
import { networkError } from '../../src/core/errors.ts';
import type { Bytes } from '../../src/core/http.ts';
import type { Download } from '../../src/core/operation.ts';
import { prepare } from '../../src/transfer/prepare.ts';
import { resumingSource } from '../../src/transfer/resume.ts';
import { downloadSource } from '../../src/transfer/source.ts';
import { sendBlocks } from '../../src/transfer/blocks/send-blocks.ts';
import { testCall } from '../conformance/stage.ts';
import { guestDisk } from '../support/disk-images.ts';
import { fakeUpload } from '../support/fake-upload.ts';
import { all, chunked, failure, meansIn, noWishes, stage } from './sources.ts';

const place = stage();
const KiB = 1024;
const block = 64 * KiB;
const size = 60 * block;
/** What was written; the second and the third touch. */
const written: readonly Extent[] = [
  { offset: 2 * block, length: block },
  { offset: 10 * block, length: block },
  { offset: 11 * block, length: 3 * block },
  { offset: 58 * block, length: block },
];
const disk = Buffer.alloc(size);
for (const { offset, length } of written) guestDisk(length, 3).fill(0xa5, 0, 64).copy(disk, offset);

const ranges: readonly (readonly [number, number])[] = [
  [2 * block, 3 * block],
  [10 * block, 14 * block],
  [58 * block, 59 * block],
];

/** A provider that knows what was written, and refuses to read anything else. */
function sparse(extents: readonly Extent[] = written, more: Partial<Download> = {}) {
  const opened: string[] = [];
  let failures = 0;
  const open = (from = 0, to = size - 1): Bytes => {
    opened.push(`${from / block}-${(to + 1) / block}`);
    const isWritten = ranges.some(([begin, end]) => begin <= from && to < end);
    if (!isWritten) throw new Error(`nobody wrote ${from} to ${to}`);
    return failures > 0 ? broken(from, to) : chunked(disk.subarray(from, to + 1));
  };
  async function* broken(from: number, to: number): Bytes {
    failures -= 1;
    yield* chunked(disk.subarray(from, Math.min(to + 1, from + block)));
    throw networkError('cut', { retryAfterMs: 1 });
  }
  const download: Download = {
    encoding: { format: 'raw' },
    bytes: size,
    open,
    async *extents() {
      yield* extents;
    },
    ...more,
  };
  return { download, opened, failNext: (times: number) => (failures = times) };
}
const sourceOf = (download: Download, near = false) => downloadSource(download, 'cloud:image', near);

describe('a download that knows what was written', () => {
  it('is asked for that alone, what touches at once, and is the whole disk', async () => {
    const { download, opened } = sparse();
    expect((await all(sourceOf(download))).equals(disk)).toBe(true);
    expect(opened).toEqual(['2-3', '10-14', '58-59']);
  });

  it.each([
    [0, block],
    [2.5 * block, 3 * block],
    [3 * block, 10 * block],
    [10.25 * block, 58.5 * block],
    [59 * block, size],
    [14 * block, 14 * block + 1],
  ])('gives the bytes from %d to %d', async (from, end) => {
    const { download } = sparse();
    const part = await all({ open: () => sourceOf(download).open(from, end - 1) });
    expect(part.equals(disk.subarray(from, end))).toBe(true);
  });

  it('is read as a disk that has any content, and is the same disk', async () => {
    for (const near of [false, true]) {
      const { download, opened } = sparse();
      const prepared = await prepare(sourceOf(download, near), [{ format: 'raw' }], noWishes, meansIn(place.folder()));
      const content = await prepared.content();
      expect((await all(content)).equals(disk)).toBe(true);
      expect(content.sent().digests.sha256).toBe(createHash('sha256').update(disk).digest('hex'));
      await prepared.close();
      expect(opened.length).toBeGreaterThan(0);
    }
  });

  it('goes on in the middle of what was written after a break', async () => {
    const { download, opened, failNext } = sparse();
    failNext(2);
    expect((await all(resumingSource(sourceOf(download), testCall(undefined, 5)))).equals(disk)).toBe(true);
    expect(opened).toEqual(['2-3', '10-14', '11-14', '58-59']);
  });

  it('goes in blocks to a target that is sparse too: nothing of the rest is read or put', async () => {
    const { download, opened } = sparse();
    const prepared = await prepare(sourceOf(download), [{ format: 'raw' }], noWishes, meansIn(place.folder()));
    const upload = fakeUpload();
    const facts = { bytes: block, order: 'any', concurrency: 2, sparse: true } as const;
    await sendBlocks(await prepared.content(), upload, facts, testCall());
    const indices = Array.from({ length: size / block }, (_, index) => index);
    const withData = indices.filter((index) => disk.subarray(index * block, (index + 1) * block).some((byte) => byte !== 0));
    expect([...upload.there.keys()].toSorted((a, b) => a - b)).toEqual(withData);
    for (const [index, bytes] of upload.there) expect(bytes.equals(disk.subarray(index * block, (index + 1) * block))).toBe(true);
    expect(opened.length).toBeGreaterThan(0);
    await prepared.close();
  });

  it('is nothing but zeros where nothing was written', async () => {
    const { download, opened } = sparse([]);
    expect((await all(sourceOf(download))).equals(Buffer.alloc(size))).toBe(true);
    expect(opened).toEqual([]);
  });

  it('is PROVIDER where the list is none of this disk', async () => {
    for (const wrong of [
      [
        { offset: 10 * block, length: block },
        { offset: 2 * block, length: block },
      ],
      [
        { offset: 2 * block, length: 2 * block },
        { offset: 3 * block, length: block },
      ],
      [{ offset: size, length: 1 }],
      [{ offset: 0, length: 0 }],
      [{ offset: -1, length: 5 }],
    ])
      await failure(all(sourceOf(sparse(wrong).download)), 'PROVIDER');
  });

  it('is read as it comes where its bytes are not the disk, or their number is not known', async () => {
    const { download } = sparse();
    const { bytes: _unknown, ...endless } = download;
    for (const other of [
      { ...download, encoding: { format: 'qcow2' } },
      { ...download, encoding: { format: 'raw', compression: 'gzip' } },
      endless,
    ] as const) {
      const opened: unknown[] = [];
      const open = (from?: number, to?: number): Bytes => {
        opened.push([from, to]);
        return chunked(disk);
      };
      expect((await all(sourceOf({ ...other, open }))).equals(disk)).toBe(true);
      expect(opened).toEqual([[0, undefined]]);
    }
  });
});
