import { createHash, randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bytes } from '../../src/core/http.ts';
import { fileBytes } from '../../src/transfer/file-bytes.ts';

let folder: string;
let path: string;
const data = randomBytes(5_000_003);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'imgctl-bytes-'));
  path = join(folder, 'data');
  writeFileSync(path, data);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads as the rule allows: a chunk is looked at before the next one is asked for. */
async function digestOf(bytes: Bytes, pauseMs = 0): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    hash.update(chunk);
  }
  return hash.digest('hex');
}
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test.each([
  [0, undefined, 1 << 20],
  [0, undefined, 1000],
  [1, undefined, 4096],
  [1_000_000, 1_000_000, 4096],
  [1_000_000, 3_999_999, 1 << 20],
  [0, 1_048_575, 1 << 20],
  [4_999_000, 9_999_999, 1 << 20],
  [5_000_003, undefined, 1 << 20],
  [9_000_000, undefined, 1 << 20],
])('bytes %i to %s in chunks of %i', async (from, to, chunkBytes) => {
  const wanted = digest(data.subarray(from, to === undefined ? undefined : to + 1));
  expect(await digestOf(fileBytes(path, { from, chunkBytes, ...(to === undefined ? {} : { to }) }))).toBe(wanted);
});

test('a chunk stays as it is until the next one is asked for, however long that takes', async () => {
  expect(await digestOf(fileBytes(path, { chunkBytes: 500_000 }), 20)).toBe(digest(data));
});

test('three buffers serve the whole file', async () => {
  const buffers = new Set<ArrayBufferLike>();
  for await (const chunk of fileBytes(path, { chunkBytes: 100_000 })) buffers.add(chunk.buffer);
  expect(buffers.size).toBe(3);
});

test('an empty file has no chunks', async () => {
  const empty = join(folder, 'empty');
  writeFileSync(empty, '');
  for await (const _chunk of fileBytes(empty)) expect.unreachable();
});

test('a handle is read where it is asked to, and stays open', async () => {
  const handle = await open(path, 'r');
  expect(await digestOf(fileBytes(handle, { from: 10 }))).toBe(digest(data.subarray(10)));
  expect(await digestOf(fileBytes(handle))).toBe(digest(data));
  await handle.close();
});

test('a file that grows meanwhile has no hole in what is read', async () => {
  const growing = join(folder, 'growing');
  writeFileSync(growing, data.subarray(0, 1500));
  const parts: Buffer[] = [];
  for await (const chunk of fileBytes(growing, { chunkBytes: 1000 })) {
    parts.push(Buffer.from(chunk));
    // By now the second chunk was read ahead, and found the end.
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (parts.length === 1) appendFileSync(growing, data.subarray(1500, 9500));
  }
  const read = Buffer.concat(parts);
  expect(read.length).toBeGreaterThanOrEqual(1500);
  expect(read.equals(data.subarray(0, read.length))).toBe(true);
});

const descriptors = '/proc/self/fd';
const openings = (): number =>
  readdirSync(descriptors).filter((name) => {
    try {
      return readlinkSync(join(descriptors, name)) === realpathSync(path);
    } catch {
      return false; // Closed since it was listed.
    }
  }).length;

test.skipIf(!existsSync(descriptors))('who stops early leaves nothing open (skipped without /proc)', async () => {
  for await (const _chunk of fileBytes(path, { chunkBytes: 1000 })) {
    expect(openings()).toBe(1);
    break;
  }
  expect(openings()).toBe(0);
  const handle = await open(path, 'r');
  for await (const _chunk of fileBytes(handle, { chunkBytes: 1000 })) break;
  expect(openings(), 'what others have opened is theirs to close').toBe(1);
  await handle.close();
});

test('a file that is not there, and one that cannot be read', async () => {
  await expect(digestOf(fileBytes(join(folder, 'nowhere')))).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('nowhere'),
  });
  await expect(digestOf(fileBytes(folder))).rejects.toMatchObject({ code: 'LOCAL', message: expect.stringContaining('EISDIR') });
});
