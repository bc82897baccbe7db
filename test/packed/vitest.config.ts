import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/packed/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});
