import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;
const otherwise = ['live', 'terminal', 'packed', 'torture'].map((folder) => `test/${folder}/**`);
/** Files that put something else in the place of a module: only they need modules of their own. */
const mocking = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && readFileSync(`${root}test/${name}`, 'utf8').includes('vi.mock('))
  .map((name) => `test/${name}`);

export default defineConfig({
  test: {
    root,
    pool: 'threads',
    maxWorkers: 4,
    env: { TZ: 'Pacific/Auckland' },
    testTimeout: 20_000,
    setupFiles: ['test/support/equal-bytes.ts'],
    projects: [
      // One thread runs file after file with the modules, and the machine code, that it has: a third less CPU than a thread for each.
      {
        extends: true,
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: [...otherwise, ...mocking], isolate: false },
      },
      { extends: true, test: { name: 'apart', include: mocking, exclude: otherwise, sequence: { groupOrder: 1 } } },
    ],
  },
});
