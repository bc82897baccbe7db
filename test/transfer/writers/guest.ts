import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, type ZlibOptions } from 'node:zlib';
import { fc } from '../../support/draws.ts';
import { onTestFinished } from 'vitest';
import type { Bytes } from '../../../src/core/http.ts';
import type { Run } from '../../../src/transfer/extents.ts';

/** A run that a test makes up; `slack` bytes of rubbish follow the deflate stream. */
export interface Piece {
  readonly kind: Run['kind'];
  readonly length: number;
  readonly seed: number;
  readonly deflate?: ZlibOptions;
  readonly slack?: number;
}

const words = Array.from({ length: 256 }, (_, n) => `${(n * 2654435761).toString(36)} `);

/** Bytes like a disk's: words for most seeds, noise for each fifth. The same seed gives the same bytes. */
export function bytesOf({ kind, length, seed }: Piece): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let at = 0; kind !== 'zero' && at < length;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    if (seed % 5 === 0) bytes[at++] = state >>> 24;
    else at += bytes.write(words[state >>> 24] ?? '', at, 'latin1');
  }
  return bytes;
}

export const guestOf = (pieces: readonly Piece[]): Buffer => Buffer.concat(pieces.map(bytesOf));

/** A disk whose length does not fit 32 bits, and its CRC-32 as Python's zlib computed it. */
export const overFourGib: readonly Piece[] = [
  { kind: 'data', length: 4097, seed: 3 },
  { kind: 'zero', length: 2 ** 32 + 77, seed: 0 },
  { kind: 'data', length: 1000, seed: 4 },
];
export const crcOverFourGib = 0x3a1a430f;

/** Pieces as a reader would give them; `reads` counts what was read. */
export async function* runsOf(pieces: readonly Piece[], reads: { count: number } = { count: 0 }): AsyncGenerator<Run> {
  for (const piece of pieces) yield runOf(piece, reads);
}

function runOf(piece: Piece, reads: { count: number }): Run {
  const { kind, length } = piece;
  if (kind === 'zero') return { kind, length };
  const read = async () => {
    reads.count += 1;
    return bytesOf(piece);
  };
  if (kind === 'data') return { kind, length, read };
  return { kind, length, read, deflated: async () => deflatedOf(piece) };
}

const deflatedOf = (piece: Piece): Buffer =>
  Buffer.concat([deflateRawSync(bytesOf(piece), piece.deflate), Buffer.alloc(piece.slack ?? 0, 0xa7)]);

/** Lengths around the borders that writers care about. */
const length = (most: number) =>
  fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: 0, max: most }),
    fc
      .tuple(fc.constantFrom(512, 4096, 32 << 10, 64 << 10, 512 << 10, 1 << 20), fc.constantFrom(-1, 0, 0, 1))
      .map(([border, beside]) => Math.min(most, border + beside)),
  );

const seed = fc.integer({ min: 0, max: 1000 });

/** Sequences of runs, at most some MiB. */
export const anyPieces: fc.Arbitrary<Piece[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant<'zero'>('zero'), length: length(2 << 20), seed }),
    fc.record({ kind: fc.constant<'data'>('data'), length: length(1 << 20), seed }),
    fc.record({
      kind: fc.constant<'deflate'>('deflate'),
      length: length(256 << 10),
      seed,
      slack: fc.integer({ min: 0, max: 600 }),
      deflate: fc.record({
        level: fc.integer({ min: 0, max: 9 }),
        windowBits: fc.integer({ min: 9, max: 15 }),
        strategy: fc.integer({ min: 0, max: 4 }),
      }),
    }),
  ),
  { maxLength: 12 },
);

/** All of a stream. Each chunk is copied at once: it is valid only until the next is asked for. */
export async function collect(bytes: Bytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export const installed = (tool: string): boolean => spawnSync('which', [tool]).status === 0;

/** What a tool makes of a stream on its standard input. Rejects when it fails or complains. */
export async function through(bytes: Bytes | readonly Uint8Array[], tool: string, ...args: string[]): Promise<Buffer> {
  const child = spawn(tool, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const closed = once(child, 'close');
  for await (const chunk of bytes) if (!child.stdin.write(Buffer.from(chunk))) await once(child.stdin, 'drain');
  child.stdin.end();
  const [status] = await closed;
  if (status !== 0 || complaints !== '') throw new Error(`${tool} ended with ${status}: ${complaints}`);
  return Buffer.concat(output);
}

/** A folder of this test's own. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'writers-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}
