import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { needsPosix } from './support/needs-posix.ts';

const root = path.resolve(import.meta.dirname, '..');
const otherwise = ['live', 'terminal', 'packed', 'torture'];
const tests = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll(path.sep, '/'))
  .filter((name) => name.endsWith('.test.ts') && !otherwise.includes(name.split('/')[0] ?? ''))
  .map((name) => ({ name: `test/${name}`, text: readFileSync(path.join(import.meta.dirname, name), 'utf8') }));
/** Files that put something else in the place of a module: only they need modules of their own. */
const mocking = tests.filter(({ text }) => text.includes('vi.mock(')).map(({ name }) => name);
/** Files that have no Windows yet. Each is named, so that nobody takes its silence for a success. */
const skipped = process.platform === 'win32' ? tests.filter(({ text }) => needsPosix(text).length > 0) : [];
for (const { name, text } of skipped) console.warn(`SKIPPED on Windows: ${name} (needs ${needsPosix(text).join(', ')})`);
const exclude = [...otherwise.map((folder) => `test/${folder}/**`), ...skipped.map(({ name }) => name)];

export default defineConfig({
  test: {
    root,
    pool: 'threads',
    maxWorkers: 4,
    env: { TZ: 'Pacific/Auckland' },
    testTimeout: 20_000,
    globalSetup: ['test/support/memory-folder.ts'],
    setupFiles: ['test/support/equal-bytes.ts'],
    projects: [
      // One thread runs file after file with the modules, and the machine code, that it has: a third less CPU than a thread for each.
      {
        extends: true,
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: [...exclude, ...mocking], isolate: false },
      },
      { extends: true, test: { name: 'apart', include: mocking, exclude, sequence: { groupOrder: 1 } } },
    ],
  },
});
