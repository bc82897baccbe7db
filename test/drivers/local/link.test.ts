import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Image } from '../../../src/core/image.ts';
import type { Handover } from '../../../src/core/operation.ts';
import local from '../../../src/drivers/local/index.ts';
import { failureOf, testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';
import { otherFileSystem } from '../../support/other-file-system.ts';
import { makeBench, type Bench } from './bench.ts';

const handoverOf = async (bench: Bench, id: string): Promise<Handover> => {
  const { handover } = await bench.session.require('download').run({ id }, testCall());
  if (!handover) throw new Error('the download hands nothing over');
  return handover;
};
const link = (bench: Bench, handover: Handover, name = 'linked'): Promise<Image> =>
  bench.session.require('import').run({ description: { name }, handover, extras: {} }, testCall());
const blobOf = (bench: Bench, image: Image): string => bench.path('blobs', 'sha256', image.checksums?.sha256 ?? '');
const drafts = (bench: Bench): readonly string[] => readdirSync(bench.path('imgctl', 'tmp'));

describe('an image that another folder hands over', () => {
  it('is an image of its own, without a byte being written, and outlives the other', async () => {
    const [here, there] = [makeBench(), makeBench()];
    const first = await here.upload('web');
    const data = await here.data(first.id);
    const second = await link(there, await handoverOf(here, first.id));
    expect(second).toMatchObject({
      name: 'linked',
      status: 'active',
      sizeBytes: first.sizeBytes,
      virtualBytes: first.virtualBytes,
      checksums: first.checksums,
      diskFormat: 'raw',
    });
    expect(second.id).not.toBe(first.id);
    const [from, to] = [statSync(blobOf(here, first)), statSync(blobOf(there, second))];
    // One file under two names; or, where the file system can, two files with the same blocks.
    expect(to.ino === from.ino ? to.nlink : 1).toBe(to.ino === from.ino ? 2 : 1);
    await here.remove(first.id);
    expect([existsSync(blobOf(here, first)), drafts(there)]).toEqual([false, []]);
    expect(await there.data(second.id)).toEqual(data);
  });

  it('may come from the very same folder, which keeps one file for both until the last is gone', async () => {
    const bench = makeBench();
    const first = await bench.upload('web');
    const before = bench.blobs().length;
    const second = await link(bench, await handoverOf(bench, first.id));
    expect(bench.blobs().length - before, 'a record and a manifest').toBe(2);
    await bench.remove(first.id);
    expect((await bench.data(second.id)).length).toBe(first.sizeBytes);
    await bench.remove(second.id);
    expect(existsSync(blobOf(bench, second))).toBe(false);
  });

  it('is whole or not there when the other is deleted at the same moment', async () => {
    for (let round = 0; round < 8; round += 1) {
      const [here, there] = [makeBench(), makeBench()];
      const first = await here.upload('web', round + 1);
      const data = await here.data(first.id);
      const handover = await handoverOf(here, first.id);
      const removing = here.remove(first.id);
      const linked = await link(there, handover).catch((error: unknown) => error);
      await removing;
      if (linked instanceof Error) expect(linked.message).toContain('ENOENT');
      else expect(await there.data((linked as Image).id)).toEqual(data);
      expect(drafts(there)).toEqual([]);
    }
  });

  it('is not taken for forgotten, however old the file is', async () => {
    const [here, there] = [makeBench(), makeBench()];
    const first = await here.upload('web');
    utimesSync(blobOf(here, first), 1, 1);
    const second = await link(there, await handoverOf(here, first.id));
    expect(Date.now() - statSync(blobOf(there, second)).mtimeMs).toBeLessThan(60_000);
  });

  it('is refused, and nothing made, where the file is shorter than recorded or others may write to it', async () => {
    const [here, there] = [makeBench(), makeBench()];
    const first = await here.upload('web');
    const handover = await handoverOf(here, first.id);
    truncateSync(blobOf(here, first), 100);
    await failureOf(link(there, handover), 'INTEGRITY');
    const second = await here.upload('db', 2);
    chmodSync(blobOf(here, second), 0o666);
    const linked = await link(there, await handoverOf(here, second.id)).catch((error: unknown) => error);
    // Where blocks are shared, what others write is theirs alone.
    if (linked instanceof Error)
      expect(linked).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('others may write') });
    else expect(statSync(blobOf(there, linked as Image)).ino).not.toBe(statSync(blobOf(here, second)).ino);
    expect((await there.list()).images.length).toBe(linked instanceof Error ? 0 : 1);
    expect(drafts(there)).toEqual([]);
  });

  it('of another kind of place is refused', async () => {
    const bench = makeBench();
    await failureOf(link(bench, { realm: 'somewhere else', values: { file: '/etc/passwd' } }), 'UNSUPPORTED');
    expect(await bench.session.objection({ realm: 'somewhere else', values: {} }, testCall(), 'web')).toContain(
      'not a folder of this machine',
    );
  });

  it.skipIf(otherFileSystem === undefined)(
    `on another file system is refused before anything is made (needs one besides that of temporary files)`,
    async () => {
      const here = makeBench();
      const root = mkdtempSync(path.join(otherFileSystem ?? '', 'imgctl-link-'));
      try {
        const { session } = openSession(local, { path: path.join(root, 'images') });
        const handover = await handoverOf(here, (await here.upload('web')).id);
        expect(await session.objection(handover, testCall(), 'web')).toContain('different file systems');
        expect(existsSync(path.join(root, 'images')), 'asking makes nothing').toBe(false);
        const refused = await failureOf(
          session.require('import').run({ description: { name: 'x' }, handover, extras: {} }, testCall()),
          'UNSUPPORTED',
        );
        expect(refused.message).toContain('EXDEV');
        expect(readdirSync(path.join(root, 'images', 'imgctl', 'tmp'))).toEqual([]);
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    },
  );
});
