import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { patience } from '../support/patience.ts';

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/packed/**/*.test.ts'],
    ...patience,
    // Whole disks, and the packing itself.
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});
