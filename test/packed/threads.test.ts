import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { guestDisk, qcow2Image } from '../support/disk-images.ts';

const bin = path.resolve(import.meta.dirname, '../../bin/imgctl.cjs');
const folder = mkdtempSync(path.join(tmpdir(), 'imgctl-threads-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Preloaded into the program: writes the file of every thread it starts to file descriptor 3. */
const hook = `
const threads = require('node:worker_threads');
const { Worker } = threads;
if (threads.isMainThread) threads.Worker = class extends Worker {
  constructor(program, options) { super(program, options); if (!options?.eval) require('node:fs').writeSync(3, String(program) + '\\n'); }
};`;

it('the built program joins deflate data in threads of its own file', () => {
  const disk = guestDisk(12 * 2 ** 20, 3);
  writeFileSync(path.join(folder, 'disk.qcow2'), qcow2Image(disk, { compression: 'zlib' }));
  writeFileSync(path.join(folder, 'hook.cjs'), hook);
  const args = ['-r', './hook.cjs', bin, 'convert', 'disk.qcow2', 'disk.raw.gz', '--disk-format', 'raw', '-q'];
  const { status, stderr, output } = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(gunzipSync(readFileSync(path.join(folder, 'disk.raw.gz'))).equals(disk)).toBe(true);
  expect(
    output[3]
      ?.trim()
      .split('\n')
      .map((file) => path.basename(file)),
  ).toContain('join-worker.cjs');
});
