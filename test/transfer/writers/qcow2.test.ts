import { execFileSync } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { draws, fc } from '../../support/draws.ts';
import { describe, expect, it } from 'vitest';
import { planQcow2 } from '../../../src/transfer/writers/qcow2-plan.ts';
import { qcow2Bytes } from '../../../src/transfer/writers/qcow2.ts';
import { writeRawSparse } from '../../../src/transfer/writers/raw.ts';
import { anyPieces, collect, folder, installed, runsOf, type Piece } from './guest.ts';

const data = (length: number, seed: number): Piece => ({ kind: 'data', length, seed });
const zeros = (length: number): Piece => ({ kind: 'zero', length, seed: 0 });
const cases: Record<string, Piece[]> = {
  'an empty disk': [],
  'a disk of a few bytes': [data(3, 1)],
  'a disk of zeros': [zeros(2 ** 30 + 5000)],
  'data that is not on cluster borders': [
    zeros(1000),
    data(70_000, 1),
    zeros(200),
    data(1, 2),
    zeros(65536 * 3 - 7),
    data(500_000, 3),
    zeros(9),
  ],
  'several tables of the second level': [
    data(65536, 1),
    zeros(2 ** 30),
    data(100, 2),
    zeros(2 ** 32),
    data(65536 * 2, 3),
    zeros(511),
  ],
  'deflate runs': [{ kind: 'deflate', length: 65536, seed: 1 }, zeros(65536), { kind: 'deflate', length: 65536, seed: 2 }],
};

/** Refuses whatever reads data. */
const blind = (pieces: readonly Piece[]) =>
  runsOf(pieces, {
    get count(): number {
      throw new Error('data was read');
    },
    set count(_: number) {},
  });

async function written(pieces: Piece[]): Promise<Buffer> {
  const plan = await planQcow2(blind(pieces));
  const bytes = await collect(qcow2Bytes(plan, runsOf(pieces)));
  expect(bytes.length).toBe(plan.fileBytes);
  return bytes;
}

describe('a qcow2 of runs', () => {
  it('leaves zeros out', async () => {
    expect((await written(cases['a disk of zeros'] ?? [])).length).toBe(4 * 65536);
    expect((await written([zeros(2 ** 40), data(1, 1)])).length).toBe(6 * 65536);
  });

  it('is as long as planned, whatever the runs are', async () => {
    await fc.assert(
      fc.asyncProperty(anyPieces, async (pieces) => void (await written(pieces))),
      { numRuns: draws(40) },
    );
  });

  it('with data elsewhere than planned is an INTEGRITY error', async () => {
    const plan = await planQcow2(runsOf([data(65536, 1), zeros(65536)]));
    for (const changed of [[zeros(65536), data(65536, 1)], [data(65536, 1)], [data(131072, 1)]]) {
      await expect(collect(qcow2Bytes(plan, runsOf(changed)))).rejects.toMatchObject({ code: 'INTEGRITY' });
    }
  });

  describe.skipIf(!installed('qemu-img'))('for qemu-img (skipped where it is not installed)', () => {
    async function qemuTakes(pieces: Piece[]): Promise<void> {
      const place = await folder();
      const [qcow2, raw] = [join(place, 'disk.qcow2'), join(place, 'disk.raw')];
      await writeFile(qcow2, await written(pieces));
      await using file = await open(raw, 'w');
      const length = await writeRawSparse(runsOf(pieces), file);
      await file.truncate(Math.ceil(length / 512) * 512);
      const check = JSON.parse(execFileSync('qemu-img', ['check', '-f', 'qcow2', '--output', 'json', qcow2]).toString());
      expect(check).toMatchObject({ 'check-errors': 0 });
      expect(check).not.toHaveProperty('leaks');
      expect(check).not.toHaveProperty('corruptions');
      const info = JSON.parse(execFileSync('qemu-img', ['info', '-f', 'qcow2', '--output', 'json', qcow2]).toString());
      expect(info['virtual-size']).toBe(Math.ceil(length / 512) * 512);
      expect(execFileSync('qemu-img', ['compare', '-f', 'qcow2', '-F', 'raw', qcow2, raw]).toString()).toContain('identical');
    }

    for (const [what, pieces] of Object.entries(cases)) it(`is sound and identical: ${what}`, () => qemuTakes(pieces));

    it('is sound and identical for any runs', async () => {
      await fc.assert(fc.asyncProperty(anyPieces, qemuTakes), { numRuns: draws(15) });
    });

    it('is sound with more than one block of reference counts', async () => {
      // 2.1 GiB of data of which only the layout is made: clusters 32768 and up need a second block.
      const pieces = Array.from({ length: 540 }, () => data(4 << 20, 1));
      const plan = await planQcow2(blind(pieces));
      expect(plan.refcountBlocks).toBe(2);
      const place = join(await folder(), 'disk.qcow2');
      await using file = await open(place, 'w');
      const shared = Buffer.alloc(4 << 20, 'data');
      async function* runs() {
        for (const { length } of pieces) yield { kind: 'data' as const, length, read: async () => shared };
      }
      let at = 0;
      for await (const chunk of qcow2Bytes(plan, runs())) {
        // The data itself is left a hole: only tables are of interest.
        if (at < plan.dataAt * 65536) await file.write(chunk, 0, chunk.length, at);
        at += chunk.length;
      }
      await file.truncate(at);
      expect(JSON.parse(execFileSync('qemu-img', ['check', '--output', 'json', place]).toString())).not.toHaveProperty(
        'corruptions',
      );
    });
  });
});
