import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateRawSync, inflateRawSync, constants } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatherStreams } from '../../../src/transfer/writers/deflate-join.ts';
import { startDeflateJoiner } from '../../../src/transfer/writers/deflate-joiner.ts';
import { bundle } from '../../support/bundle.ts';
import { bytesOf } from './guest.ts';

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'imgctl-joiner-'));
  program = await bundle(path.resolve(import.meta.dirname, '../../../src/transfer/writers/join-worker.ts'), folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** From a few bytes, which Node keeps in a pool, to what has memory of its own. */
const guests = Array.from({ length: 40 }, (_, seed) => bytesOf({ kind: 'data', length: 300 + seed * seed * 100, seed }));
const ordered = (guest: Buffer, broken = false) => {
  const deflated = deflateRawSync(guest);
  return gatherStreams([{ bytes: broken ? deflated.subarray(0, 30) : deflated, guest: guest.length }]);
};

describe('joining in threads', () => {
  it('gives each its own result, also where some are odd, and takes their memory away', async () => {
    const joiner = startDeflateJoiner(program);
    try {
      const orders = guests.map((guest, index) => ordered(guest, index % 7 === 3));
      const joined = await Promise.all(orders.map((order) => joiner.join(order)));
      for (const [index, guest] of guests.entries()) {
        const one = joined[index];
        if (index % 7 === 3) {
          expect(one).toBeUndefined();
          continue;
        }
        expect(guest.equals(one?.guest ?? Buffer.alloc(0))).toBe(true);
        expect(inflateRawSync(one?.deflated ?? Buffer.alloc(0), { finishFlush: constants.Z_SYNC_FLUSH }).equals(guest)).toBe(
          true,
        );
      }
      // The first few are joined here; the others went to a thread, and their memory with them.
      expect(orders.filter(({ memory }) => memory.length === 0).length).toBe(guests.length - 4);
    } finally {
      joiner.stop();
    }
  });

  it('says so when a thread dies, at once and ever after', async () => {
    const deadly = path.join(folder, 'deadly.mjs');
    writeFileSync(deadly, "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(3));");
    const joiner = startDeflateJoiner(deadly);
    const joined = await Promise.allSettled(guests.slice(0, 8).map((guest) => joiner.join(ordered(guest))));
    expect(joined.map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), ...Array(4).fill('rejected')]);
    await expect(joiner.join(ordered(Buffer.from('late')))).rejects.toThrow('ended too early');
    joiner.stop();
  });

  it('is stopped in the middle of its work: nothing keeps the process, nothing is unhandled', async () => {
    const joiner = startDeflateJoiner(program);
    const joins = Promise.allSettled(guests.map((guest) => joiner.join(ordered(guest))));
    joiner.stop();
    expect((await joins).map(({ status }) => status)).toContain('rejected');
  });
});
