import { createHash } from 'node:crypto';
import { crc32, gunzipSync } from 'node:zlib';
import { draws, fc } from '../../support/draws.ts';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/transfer/extents.ts';
import { gzipBytes } from '../../../src/transfer/writers/gzip.ts';
import { anyPieces, collect, crcOverFourGib, guestOf, installed, overFourGib, runsOf, through, type Piece } from './guest.ts';

const mixed: Piece[] = [
  { kind: 'data', length: 700_001, seed: 1 },
  { kind: 'zero', length: 100, seed: 0 },
  { kind: 'data', length: 3_000_000, seed: 2 },
  { kind: 'zero', length: 70_000_000, seed: 0 },
  ...Array.from({ length: 40 }, (_, n): Piece => ({
    kind: 'deflate',
    length: 65536,
    seed: n,
    slack: 7 * n,
    deflate: { windowBits: 12 },
  })),
  { kind: 'data', length: 300_000, seed: 5 },
  { kind: 'zero', length: 5, seed: 0 },
];

const python = `
import sys, zlib, hashlib
d = zlib.decompressobj(31); h = hashlib.sha256(); n = 0
while chunk := sys.stdin.buffer.read(1 << 13):
    out = d.decompress(chunk)
    n += len(out)
    h.update(out)
print(d.eof, len(d.unused_data), n, h.hexdigest())`;

const readers: [tool: string, ...args: string[]][] = [['gzip', '-dc'], ['pigz', '-dc'], ['zcat']];

/** The disk of mixed runs and its gzip, which many readers read. */
const mixedGuest = guestOf(mixed);
const mixedGzip = await collect(gzipBytes(runsOf(mixed)));

describe('a gzip of runs', () => {
  it('inflates to the guest bytes, whatever the runs are', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyPieces,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 9 }),
        async (pieces, concurrency, level) => {
          const written = await collect(gzipBytes(runsOf(pieces), { concurrency, level }));
          expect(gunzipSync(written).equals(guestOf(pieces))).toBe(true);
        },
      ),
      { numRuns: draws(60) },
    );
  });

  it('is a member of ten header bytes without time, CRC-32 and length at its end', async () => {
    expect(mixedGzip.subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff');
    expect(mixedGzip.readUInt32LE(mixedGzip.length - 8)).toBe(crc32(mixedGuest));
    expect(mixedGzip.readUInt32LE(mixedGzip.length - 4)).toBe(mixedGuest.length);
  });

  it('of an empty disk is empty', async () => {
    expect(gunzipSync(await collect(gzipBytes(runsOf([]))))).toHaveLength(0);
  });

  for (const [tool, ...args] of readers) {
    it.skipIf(!installed(tool))(`is read by ${tool} (skipped where it is not installed)`, async () => {
      expect((await through([mixedGzip], tool, ...args)).equals(mixedGuest)).toBe(true);
    });
  }

  it.skipIf(!installed('python3'))('is one member with nothing behind it (skipped without Python)', async () => {
    const told = (await through([mixedGzip], 'python3', '-c', python)).toString().trim();
    expect(told).toBe(`True 0 ${mixedGuest.length} ${createHash('sha256').update(mixedGuest).digest('hex')}`);
  });

  it('keeps CRC and length over 4 GiB of zeros and more, which cost 5 MB and no reading', async () => {
    const written = await collect(gzipBytes(runsOf(overFourGib)));
    expect(written.length).toBeLessThan(6_000_000);
    expect(written.readUInt32LE(written.length - 8)).toBe(crcOverFourGib);
    expect(written.readUInt32LE(written.length - 4)).toBe(77 + 5097);
  });

  it('gives memory back once, and only when it is through with it', async () => {
    const given: number[] = [];
    async function* scribbled(): AsyncGenerator<Run> {
      let number = 0;
      for await (const run of runsOf(mixed)) {
        if (run.kind !== 'data') yield run;
        else {
          const index = number;
          number += 1;
          given[index] = 0;
          let memory = Buffer.alloc(0);
          const read = async () => (memory = Buffer.from(await run.read()));
          const done = () => {
            given[index]! += 1;
            memory.fill(0x5a);
          };
          yield { ...run, read, done };
        }
      }
    }
    const seen = createHash('sha256');
    const observer = {
      data: async (bytes: Uint8Array) => void seen.update(bytes),
      zeros: (length: number) => void seen.update(Buffer.alloc(length)),
    };
    const written = await collect(gzipBytes(scribbled(), { observer }));
    expect(gunzipSync(written).equals(mixedGuest)).toBe(true);
    expect(seen.digest('hex')).toBe(createHash('sha256').update(mixedGuest).digest('hex'));
    expect(given).toEqual([1, 1, 1]);
  });

  it('pastes deflate runs without reading them', async () => {
    const pieces = Array.from({ length: 33 }, (_, n): Piece => ({
      kind: 'deflate',
      length: 65536,
      seed: n,
      deflate: { level: 9, windowBits: 12 },
    }));
    const reads = { count: 0 };
    const written = await collect(gzipBytes(runsOf(pieces, reads)));
    expect(gunzipSync(written).equals(guestOf(pieces))).toBe(true);
    expect(reads.count).toBe(0);
  });

  it('shows the guest bytes to an observer, in order', async () => {
    const seen: Uint8Array[] = [];
    const observer = {
      data: (bytes: Uint8Array) => void seen.push(Buffer.from(bytes)),
      zeros: (length: number) => void seen.push(Buffer.alloc(length)),
    };
    await collect(gzipBytes(runsOf(mixed), { observer }));
    expect(Buffer.concat(seen).equals(mixedGuest)).toBe(true);
  });
});

describe('the flow through gzip', () => {
  const mebibyte: Piece = { kind: 'data', length: 1 << 20, seed: 1 };

  it('does not run ahead of a slow consumer', async () => {
    const reads = { count: 0 };
    const stream = gzipBytes(
      runsOf(
        Array.from({ length: 50 }, () => mebibyte),
        reads,
      ),
      { concurrency: 3 },
    );
    for (let chunk = 0; chunk < 3; chunk += 1) await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reads.count).toBeLessThanOrEqual(5);
    await stream.return();
  });

  it('throws what reading a run throws, and closes the source', async () => {
    let closed = false;
    async function* failing(): AsyncGenerator<Run> {
      try {
        for (;;) yield { kind: 'data', length: 1 << 20, read: () => Promise.reject(new Error('bad sector')) };
      } finally {
        closed = true;
      }
    }
    await expect(collect(gzipBytes(failing()))).rejects.toThrow('bad sector');
    expect(closed).toBe(true);
  });

  it('refuses a run that gives fewer bytes than it has', async () => {
    async function* short(): AsyncGenerator<Run> {
      yield { kind: 'data', length: 10, read: async () => Buffer.alloc(9) };
    }
    await expect(collect(gzipBytes(short()))).rejects.toMatchObject({ code: 'INTEGRITY' });
  });

  it('ends at once when aborted, even while a read hangs', async () => {
    async function* hanging(): AsyncGenerator<Run> {
      yield { kind: 'data', length: 1 << 20, read: () => new Promise(() => {}) };
    }
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(collect(gzipBytes(hanging(), { signal: abort.signal }))).rejects.toThrow('enough');
  });
});
