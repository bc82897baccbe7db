import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { bundle } from '../support/bundle.ts';

it('what V8 collects of bytes that pass it collects at a standstill; the flags change once, with the first', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-marking-'));
  try {
    const program = await bundle(path.join(import.meta.dirname, 'marking.ts'), folder);
    const ran = JSON.parse(execFileSync(process.execPath, [program], { encoding: 'utf8' }));
    expect(ran).toEqual({ marks: 0, changes: [0] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
