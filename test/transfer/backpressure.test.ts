import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withBackpressure } from '../../src/transfer/backpressure.ts';

const KiB = 1024;
async function* chunks(count: number, bytes: number) {
  for (let n = 0; n < count; n += 1) yield Buffer.alloc(bytes, n);
}

/** Sizes of the pieces that pass, and what was told of them; `takes`: ms that a consumer needs for a piece. */
async function passing(count: number, bytes: number, takes: (bytes: number) => number) {
  const pieces: number[] = [];
  const told: number[] = [];
  const all: Uint8Array[] = [];
  const signal = new AbortController().signal;
  for await (const piece of withBackpressure(chunks(count, bytes), { signal, progress: (more) => told.push(more) })) {
    pieces.push(piece.length);
    all.push(Buffer.from(piece));
    const ms = takes(piece.length);
    if (ms > 0) await pause(ms);
  }
  return { pieces, told, all: Buffer.concat(all) };
}

describe('what passes and is counted', () => {
  it('goes in whole chunks as soon as the line is quick', async () => {
    const { pieces, told, all } = await passing(6, 1024 * KiB, () => 0);
    expect(pieces.slice(-4)).toEqual(Array(4).fill(1024 * KiB));
    expect(told).toEqual(pieces);
    expect(all.equals(Buffer.concat([...Array(6).keys()].map((n) => Buffer.alloc(1024 * KiB, n))))).toBe(true);
  });

  it('goes in small pieces where the line is slow, so that each is told of', async () => {
    const { pieces } = await passing(1, 256 * KiB, () => 260);
    expect(pieces).toEqual(Array(4).fill(64 * KiB));
  });

  it('goes in smaller pieces again where the line becomes slow', async () => {
    let passed = 0;
    const { pieces } = await passing(3, 256 * KiB, () => ((passed += 1) === 4 ? 1100 : 0));
    expect(pieces.slice(0, 6)).toEqual([64, 128, 64, 256, 128, 128].map((size) => size * KiB));
  });

  it('stops at the limit, and at once when it is told to', async () => {
    const stop = new AbortController();
    const progress = () => undefined;
    await expect(
      (async () => {
        for await (const _ of withBackpressure(chunks(3, 10), { signal: stop.signal, progress, limit: 25 }));
      })(),
    ).rejects.toMatchObject({ code: 'LIMIT' });
    await expect(
      (async () => {
        for await (const _ of withBackpressure(chunks(1, 1024 * KiB), { signal: stop.signal, progress })) stop.abort();
      })(),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
