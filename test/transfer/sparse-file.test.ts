import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { detect } from '../../src/transfer/detect.ts';
import { spansOf } from '../../src/transfer/sparse-file.ts';
import { fileSource } from '../../src/transfer/file-source.ts';
import { fullScan } from '../../src/transfer/full-scan.ts';
import { guestDisk } from '../support/disk-images.ts';

it('what is told of holes counts only where it tells of every byte', () => {
  const entry = (start: number, length: number, data: boolean) => ({ start, length, depth: 0, data, zero: !data });
  const told = (...entries: readonly object[]): string => JSON.stringify(entries);
  expect(spansOf(told(entry(0, 512, true), entry(512, 1024, false), entry(1536, 512, true)), 2000)).toEqual([
    { offset: 0, length: 512 },
    { offset: 1536, length: 464 },
  ]);
  expect(spansOf(told(entry(0, 4096, false)), 4096)).toEqual([]);
  for (const wrong of [
    '',
    'x',
    '{}',
    '[]',
    '[null]',
    told(entry(0, 512, true)),
    told(entry(512, 4096, true)),
    told({ start: 0 }),
  ])
    expect(spansOf(wrong, 4096), wrong).toBeUndefined();
  // What is no hole for certain is data.
  expect(spansOf(JSON.stringify([{ start: 0, length: 4096 }]), 4096)).toEqual([{ offset: 0, length: 4096 }]);
});

const helper = 'qemu-img';
it.skipIf(spawnSync(helper, ['--version']).status !== 0)('holes of a file are not read, and the disk is the same', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-holes-'));
  try {
    const [thin, full] = [path.join(folder, 'thin'), path.join(folder, 'full')];
    const data = guestDisk(1 << 20, 3);
    writeFileSync(thin, data);
    truncateSync(thin, 64 << 20);
    writeFileSync(full, Buffer.concat([data, Buffer.alloc(63 << 20)]));
    let read = 0;
    const ids: (string | undefined)[] = [];
    for (const file of [thin, full]) {
      const source = await fileSource(file);
      const { random } = source;
      if (!random) throw new Error('a file is read at any place');
      const { size, spans } = random;
      const counted = (at: number, length: number): Promise<Uint8Array> => {
        read += length;
        return random.read(at, length);
      };
      const watched = file === thin ? { ...source, random: { size, read: counted, ...(spans ? { spans } : {}) } } : source;
      ids.push((await fullScan(await detect(watched), [], folder, new AbortController().signal)).contentId);
      await source.close();
    }
    expect(ids[0]).toBe(ids[1]);
    expect(read).toBeLessThan(4 << 20);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
