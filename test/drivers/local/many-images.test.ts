import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../support/bundle.ts';
import { writeLargeLayout } from './large-layout.ts';
import { isWholeSweep } from '../../support/sweep.ts';

const count = isWholeSweep ? 10_000 : 2_500;
/** What a list may take, ms of CPU of a process that does nothing else: other programs on a busy machine do not count. */
const limitMs = isWholeSweep ? 700 : 175;

describe(`a folder of ${count} images`, () => {
  const root = mkdtempSync(path.join(tmpdir(), 'imgctl-many-'));
  const folder = path.join(root, 'images');
  let program: string;
  beforeAll(async () => {
    program = await bundle(path.join(import.meta.dirname, 'lister.ts'), path.join(root, 'program'));
    await writeLargeLayout(folder, count);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it(`is listed within ${limitMs} ms once it has been read`, () => {
    const lines = execFileSync(process.execPath, [program, folder, '4'], { encoding: 'utf8' }).trim().split('\n');
    const lists = lines.map((line) => line.split(' ').map(Number));
    for (const [found] of lists) expect(found).toBe(count);
    expect(Math.min(...lists.slice(1).map(([, cpuMs = Infinity]) => cpuMs))).toBeLessThan(limitMs);
  });
});
