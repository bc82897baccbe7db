import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { patience } from '../support/patience.ts';

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/live/**/*.test.ts'],
    globalSetup: ['test/live/setup.ts'],
    pool: 'threads',
    fileParallelism: false,
    env: { TZ: 'Pacific/Auckland' },
    ...patience,
  },
});
