import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: ['test/live/**', 'test/terminal/**', 'test/packed/**', 'test/terminal/**', 'test/torture/**', 'node_modules/**'],
    pool: 'threads',
    maxWorkers: 3,
    env: { TZ: 'Pacific/Auckland' },
    testTimeout: 20_000,
  },
});
