import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/live/**/*.test.ts'],
    globalSetup: ['test/live/setup.ts'],
    pool: 'threads',
    fileParallelism: false,
    env: { TZ: 'Pacific/Auckland' },
    testTimeout: 30_000,
  },
});
