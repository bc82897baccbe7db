import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { patience } from '../support/patience.ts';

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    include: ['test/terminal/**/*.test.ts'],
    ...patience,
  },
});
