import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/terminal/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
