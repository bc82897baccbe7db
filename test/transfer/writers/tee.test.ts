import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/transfer/runs.ts';
import { gzipBytes } from '../../../src/transfer/writers/gzip.ts';
import { rawBytes } from '../../../src/transfer/writers/raw.ts';
import { teeRuns } from '../../../src/transfer/writers/tee.ts';
import { anyPieces, collect, guestOf, runsOf, type Piece } from './guest.ts';

function recorder() {
  const seen: Uint8Array[] = [];
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    guest: () => Buffer.concat(seen),
    data: (bytes: Uint8Array) => (seen.push(Buffer.from(bytes)), later()),
    zeros: (length: number) => (seen.push(Buffer.alloc(length)), later()),
  };
}

const blocks: Piece[] = Array.from({ length: 30 }, (_, n) => ({ kind: 'data', length: 100_000, seed: n }));

describe('runs with an observer', () => {
  it('are the same runs, and the observer sees them in order', async () => {
    await fc.assert(
      fc.asyncProperty(anyPieces, fc.constantFrom(rawBytes, gzipBytes), async (pieces, write) => {
        const observer = recorder();
        const through = await collect(write(teeRuns(runsOf(pieces), observer)));
        expect(observer.guest().equals(guestOf(pieces))).toBe(true);
        expect(through.equals(await collect(write(runsOf(pieces))))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('are read once', async () => {
    const reads = { count: 0 };
    await collect(rawBytes(teeRuns(runsOf(blocks, reads), recorder())));
    expect(reads.count).toBe(blocks.length);
  });

  it('are seen whole though nobody reads them', async () => {
    const observer = recorder();
    for await (const _ of teeRuns(runsOf(blocks), observer));
    expect(observer.guest().equals(guestOf(blocks))).toBe(true);
  });

  it('end with what the observer throws', async () => {
    const observer = { data: () => Promise.reject(new Error('no more')), zeros: () => {} };
    await expect(collect(rawBytes(teeRuns(runsOf(blocks), observer)))).rejects.toThrow('no more');
  });

  it('are not read any more when their source is closed', async () => {
    let open = true;
    async function* source(): AsyncGenerator<Run> {
      const read = async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        expect(open).toBe(true);
        return Buffer.alloc(10);
      };
      try {
        for (;;) yield { kind: 'data', length: 10, read };
      } finally {
        open = false;
      }
    }
    let seen = 0;
    const observer = { data: () => void (seen += 1), zeros: () => {} };
    let runs = 0;
    for await (const _ of teeRuns(source(), observer)) if (++runs === 4) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(seen).toBe(4);
  });
});
