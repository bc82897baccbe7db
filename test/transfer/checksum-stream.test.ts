import { createHash } from 'node:crypto';
import { draws, fc } from '../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { divide } from '../../src/transfer/digests.ts';
import { checksumStream } from '../../src/transfer/checksum-stream.ts';

/** A stream whose one buffer is used again for each chunk. */
async function* stream(bytes: Uint8Array, chunk: number) {
  const buffer = Buffer.alloc(chunk);
  for (let at = 0; at < bytes.length; at += chunk) {
    const part = bytes.subarray(at, at + chunk);
    buffer.set(part);
    yield buffer.subarray(0, part.length);
    buffer.fill(0xee);
  }
}

const noise = Buffer.from(Array.from({ length: 65_537 }, (_, n) => (n * n * 31 + n) & 255));
const hex = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');

describe('measuring', () => {
  it('lets bytes pass, and knows their number and digests at the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.nat(100), fc.nat(3_000_000), fc.constant(8 * (512 << 10)), fc.integer({ min: 4_000_000, max: 12_000_000 })),
        fc.integer({ min: 1, max: 2_000_000 }),
        fc.uniqueArray(fc.constantFrom('sha256', 'sha512', 'md5', 'sha1', 'blake2b512')),
        async (length, chunk, algorithms) => {
          const bytes = Buffer.alloc(length, noise);
          const measured = checksumStream(stream(bytes, Math.max(chunk, Math.floor(length / 100))), algorithms);
          const passed = createHash('sha256');
          for await (const part of measured.bytes) passed.update(part);
          expect(passed.digest('hex')).toBe(hex('sha256', bytes));
          expect(measured.result()).toEqual({
            bytes: length,
            digests: Object.fromEntries(algorithms.map((name) => [name, hex(name, bytes)])),
          });
        },
      ),
      { numRuns: draws(40) },
    );
  });

  it('passes on what the source throws', async () => {
    async function* failing() {
      yield Buffer.alloc(5 << 20);
      throw new Error('cut off');
    }
    const measured = checksumStream(failing(), ['sha256', 'sha512']);
    await expect(async () => {
      for await (const _ of measured.bytes);
    }).rejects.toThrow('cut off');
    expect(measured.result()).toEqual({ bytes: 5 << 20, digests: {} });
  });

  it('fails for an algorithm that nobody knows', async () => {
    const measured = checksumStream(stream(Buffer.alloc(6 << 20), 1 << 20), ['sha256', 'rot13']);
    await expect(async () => {
      for await (const _ of measured.bytes);
    }).rejects.toThrow();
  });

  it.each([
    [['sha256'], 1, [], [['sha256']]],
    [['sha256', 'sha512'], 1, ['sha256'], [['sha512']]],
    [['sha256', 'sha512', 'md5'], 3, [], [['sha512'], ['md5'], ['sha256']]],
    [['sha256', 'md5', 'md5'], 0, ['md5', 'sha256'], []],
  ])('divides %j between the main thread and at most %i workers', (algorithms, most, main, workers) => {
    const divided = divide(algorithms, most);
    expect(divided.main).toEqual(main);
    expect(divided.workers.map((names) => names.toSorted())).toEqual(expect.arrayContaining(workers));
    expect(divided.workers).toHaveLength(workers.length);
  });
});
