import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { draws, fc } from '../../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { rawBytes, writeRawSparse, type SparseFile } from '../../../src/transfer/writers/raw.ts';
import { anyPieces, collect, folder, guestOf, runsOf, type Piece } from './guest.ts';

it('raw bytes are the guest bytes', async () => {
  await fc.assert(
    fc.asyncProperty(anyPieces, async (pieces) => {
      expect((await collect(rawBytes(runsOf(pieces)))).equals(guestOf(pieces))).toBe(true);
    }),
    { numRuns: draws(40) },
  );
});

describe('a sparse raw file', () => {
  it('is the guest bytes, and of their length', async () => {
    const name = join(await folder(), 'disk');
    await fc.assert(
      fc.asyncProperty(anyPieces, async (pieces) => {
        await using file = await open(name, 'w');
        const guest = guestOf(pieces);
        expect(await writeRawSparse(runsOf(pieces), file)).toBe(guest.length);
        expect((await readFile(name)).equals(guest)).toBe(true);
      }),
      { numRuns: draws(40) },
    );
  });

  it('has holes for zero runs and for zeros within data', async () => {
    const name = join(await folder(), 'disk');
    await using file = await open(name, 'w');
    const data: Piece = { kind: 'data', length: 64 << 10, seed: 1 };
    async function* runs() {
      yield* runsOf([data, { kind: 'zero', length: 2 ** 32, seed: 0 }]);
      yield { kind: 'data' as const, length: 1 << 20, read: async () => Buffer.alloc(1 << 20) };
      yield* runsOf([data]);
    }
    expect(await writeRawSparse(runs(), file)).toBe(2 ** 32 + (1 << 20) + (128 << 10));
    const { size, blocks } = await stat(name);
    expect(size).toBe(2 ** 32 + (1 << 20) + (128 << 10));
    expect(blocks * 512).toBeLessThan(300 << 10);
  });

  it('is written whole where a write takes less than it is given', async () => {
    const pieces: Piece[] = [{ kind: 'data', length: 200_000, seed: 1 }];
    const written = Buffer.alloc(200_000);
    const file: SparseFile = {
      async write(buffer, offset, length, position) {
        const bytesWritten = Math.min(length, 7000);
        written.set(buffer.subarray(offset, offset + bytesWritten), position);
        return { bytesWritten };
      },
      truncate: async () => {},
    };
    await writeRawSparse(runsOf(pieces), file);
    expect(written.equals(guestOf(pieces))).toBe(true);
  });
});
