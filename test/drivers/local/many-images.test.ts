import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../support/bundle.ts';
import { writeLargeLayout } from './large-layout.ts';
import { isWholeSweep } from '../../support/sweep.ts';

const count = isWholeSweep ? 10_000 : 2_500;
/**
 * A list may take so many times the CPU that it takes to ask the system about the files, in a process that does nothing else: neither other programs nor
 * the speed of the machine count. It takes about as much; who reads all the records again takes ten times as much.
 */
const most = 3;

describe(`a folder of ${count} images`, () => {
  const root = mkdtempSync(path.join(tmpdir(), 'imgctl-many-'));
  const folder = path.join(root, 'images');
  let program: string;
  beforeAll(async () => {
    program = await bundle(path.join(import.meta.dirname, 'lister.ts'), path.join(root, 'program'));
    await writeLargeLayout(folder, count);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('is listed without reading its records once they have been read', () => {
    const lines = execFileSync(process.execPath, [program, folder, '6'], { encoding: 'utf8' }).trim().split('\n');
    const lists = lines.map((line) => line.split(' ').map(Number));
    for (const [found] of lists) expect(found).toBe(count);
    const [, ...again] = lists.map(([, listMs = Infinity, askMs = 0]) => ({ listMs, askMs }));
    const least = (of: 'listMs' | 'askMs'): number => Math.min(...again.map((one) => one[of]));
    expect(least('listMs'), lines.join(', ')).toBeLessThan(most * least('askMs'));
  });
});
