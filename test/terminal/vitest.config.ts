import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/terminal/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
