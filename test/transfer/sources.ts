import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { ImgctlError, type Code } from '../../src/core/errors.ts';
import type { Bytes } from '../../src/core/http.ts';
import type { Content, Download } from '../../src/core/operation.ts';
import type { TransferContext, TransferOptions } from '../../src/transfer/transfer-options.ts';
import { fileSource } from '../../src/transfer/file-source.ts';
import { downloadSource, streamSource, type Source } from '../../src/transfer/source.ts';

/** Bytes in chunks of one buffer that is used again, as the real sources give them. */
export async function* chunked(bytes: Uint8Array, chunkBytes = 64 << 10): Bytes {
  const buffer = Buffer.alloc(chunkBytes);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const part = bytes.subarray(at, at + chunkBytes);
    buffer.set(part);
    yield buffer.subarray(0, part.length);
    buffer.fill(0xee);
  }
}

/** A folder for each test; `left` are the files in it that are not the test's own. */
export interface Stage {
  readonly folder: () => string;
  file(name: string, bytes: Uint8Array): Promise<Source>;
  left(): readonly string[];
}

export function stage(): Stage {
  let folder = '';
  const own = new Set<string>();
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'imgctl-transfer-'));
    own.clear();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return {
    folder: () => folder,
    file(name, bytes) {
      own.add(name);
      writeFileSync(path.join(folder, name), bytes);
      return fileSource(path.join(folder, name));
    },
    left: () => readdirSync(folder).filter((name) => !own.has(name)),
  };
}

export const stream = (bytes: Uint8Array): Source => streamSource('standard input', () => chunked(bytes));

/** An image at a provider; `opened` counts how often its data was asked for. */
export function remote(
  bytes: Uint8Array,
  facts: Partial<Download> = {},
): { readonly source: Source; readonly opened: () => number } {
  let opened = 0;
  const open = (from = 0, to = bytes.length - 1): Bytes => {
    opened += 1;
    return chunked(bytes.subarray(from, to + 1));
  };
  return { source: downloadSource({ bytes: bytes.length, ...facts, open }, 'cloud:image', false), opened: () => opened };
}

export const noWishes: TransferOptions = { allowUnsafe: [] };
export const meansIn = (folder: string, more: Partial<TransferContext> = {}): TransferContext => ({
  digests: ['sha256'],
  folder,
  signal: new AbortController().signal,
  progress: () => undefined,
  warn: () => undefined,
  ...more,
});

/** What a content gives, in one buffer. */
export async function all(content: Pick<Content, 'open'>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content.open()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The failure that some work must end in. */
export async function failure(work: Promise<unknown>, code: Code): Promise<ImgctlError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error instanceof ImgctlError ? error.code : error).toBe(code);
  return error as ImgctlError;
}
