import { constants, crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { draws, fc } from '../../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { startDeflateJoiner } from '../../../src/transfer/writers/deflate-joiner.ts';
import { reuseDeflate } from '../../../src/transfer/writers/deflate-reuse.ts';
import { scanDeflate } from '../../../src/transfer/writers/deflate-scan.ts';
import { bytesOf } from './guest.ts';

/** Skims `deflated`, which begins `before` bytes into the view. */
function skimBytes(deflated: Uint8Array, expected: number, before = 0) {
  const padded = Buffer.alloc(before + deflated.length + 8);
  padded.set(deflated, before);
  const view = new DataView(padded.buffer, padded.byteOffset, padded.length);
  return scanDeflate(view, before * 8, (before + deflated.length) * 8, expected);
}

const run = (guest: Buffer, deflated: Uint8Array) => ({
  kind: 'deflate' as const,
  length: guest.length,
  read: async () => guest,
  deflated: async () => deflated,
});

const inflated = (deflated: Uint8Array) => inflateRawSync(deflated, { finishFlush: constants.Z_SYNC_FLUSH });

const anyStream = fc
  .record({
    seed: fc.nat(500),
    length: fc.integer({ min: 0, max: 200_000 }),
    level: fc.integer({ min: 0, max: 9 }),
    windowBits: fc.integer({ min: 9, max: 15 }),
    memLevel: fc.integer({ min: 1, max: 9 }),
    strategy: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ seed, length, ...options }) => {
    const guest = bytesOf({ kind: 'data', length, seed });
    return { guest, deflated: deflateRawSync(guest, options) };
  });

describe('skimming deflate data', () => {
  it('finds the end of any stream, and nothing when the length is another', () => {
    fc.assert(
      fc.property(anyStream, fc.nat(3), ({ guest, deflated }, before) => {
        const skimmed = skimBytes(deflated, guest.length, before);
        expect(Math.ceil((skimmed?.endBit ?? 0) / 8)).toBe(before + deflated.length);
        expect(skimBytes(deflated, guest.length + 1)).toBeUndefined();
        expect(skimBytes(deflated.subarray(0, -1), guest.length)).toBeUndefined();
      }),
    );
  });

  it('survives rubbish and streams with bits turned over', () => {
    fc.assert(
      fc.property(anyStream, fc.array(fc.nat(), { maxLength: 4 }), ({ guest, deflated }, turned) => {
        const broken = Buffer.from(deflated);
        for (const bit of turned) broken[(bit >>> 3) % broken.length]! ^= 1 << (bit & 7);
        skimBytes(broken, guest.length);
      }),
      { numRuns: draws(300) },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (rubbish) => void skimBytes(rubbish, 100)),
      { numRuns: draws(1000) },
    );
  });

  it('refuses distances that point before the start', () => {
    const dictionary = Buffer.from('a text that stands before the data ');
    const guest = Buffer.from('a text that stands before the data');
    expect(skimBytes(deflateRawSync(guest, { dictionary }), guest.length)).toBeUndefined();
    expect(skimBytes(deflateRawSync(guest), guest.length)).toBeDefined();
  });
});

describe('reuse of deflate data', () => {
  const joiner = startDeflateJoiner();

  it('joins streams of any encoder into one that inflates to all their bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStream, { minLength: 1, maxLength: 5 }), fc.nat(600), async (streams, slack) => {
        const guest = Buffer.concat(streams.map((stream) => stream.guest));
        const runs = streams.map((stream) => ({
          ...run(stream.guest, Buffer.concat([stream.deflated, Buffer.alloc(slack, 0x5a)])),
          read: () => Promise.reject(new Error('was read')),
        }));
        const done = await reuseDeflate(runs, 4, joiner);
        expect(Buffer.compare(done.guest, guest)).toBe(0);
        expect(done.crc).toBe(crc32(guest));
        expect(inflated(Buffer.concat([done.deflated, done.deflated])).equals(Buffer.concat([guest, guest]))).toBe(true);
      }),
      { numRuns: draws(60) },
    );
  });

  const guest = bytesOf({ kind: 'data', length: 65536, seed: 3 });
  const good = deflateRawSync(guest);
  const oddities: Record<string, Uint8Array> = {
    'cut off': good.subarray(0, good.length >> 1),
    empty: Buffer.alloc(0),
    'too long': deflateRawSync(Buffer.concat([guest, guest])),
    'too short': deflateRawSync(guest.subarray(1)),
    'not deflate': Buffer.alloc(5000, 0x7f),
    'without a last block': deflateRawSync(guest, { finishFlush: constants.Z_SYNC_FLUSH }),
    'pointing before its start': deflateRawSync(guest, { dictionary: guest.subarray(0, 32768) }),
  };
  for (const [what, deflated] of Object.entries(oddities)) {
    it(`falls back to reading for data that is ${what}`, async () => {
      const done = await reuseDeflate([run(guest, good), run(guest, deflated)], 4, joiner);
      expect(Buffer.compare(done.guest, Buffer.concat([guest, guest]))).toBe(0);
      expect(inflated(done.deflated).equals(Buffer.concat([guest, guest]))).toBe(true);
    });
  }

  it('never gives other bytes than a native inflate of the same data, or the read ones', async () => {
    const small = bytesOf({ kind: 'data', length: 3000, seed: 7 });
    const stream = deflateRawSync(small);
    let fallbacks = 0;
    for (let bit = 0; bit < 400; bit += 1) {
      const broken = Buffer.from(stream);
      broken[bit >>> 3]! ^= 1 << (bit & 7);
      const done = await reuseDeflate([run(small, broken)], 4, joiner);
      const native = inflatedOrNothing(broken);
      const expected = native?.length === small.length ? native : small;
      if (expected === small) fallbacks += 1;
      expect(Buffer.compare(done.guest, expected), `bit ${bit}`).toBe(0);
      expect(Buffer.compare(inflated(done.deflated), expected), `bit ${bit}`).toBe(0);
    }
    expect(fallbacks).toBeGreaterThan(50);
  });
});

function inflatedOrNothing(deflated: Uint8Array): Buffer | undefined {
  try {
    return inflateRawSync(deflated);
  } catch {
    return undefined;
  }
}
