import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { patience } from '../support/patience.ts';
import { projectsOf } from '../support/projects.ts';

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '../..'),
    pool: 'threads',
    // They wait for time limits most of the time.
    maxWorkers: 4,
    ...patience,
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    projects: [
      { extends: true, test: { name: 'torture', include: ['test/torture/**/*.torture.ts'] } },
      // What `npm test` runs a part of, whole.
      ...projectsOf('sweeps', 'sweeps '),
    ],
  },
});
