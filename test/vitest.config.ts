import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { patience } from './support/patience.ts';
import { projectsOf } from './support/projects.ts';

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '..'),
    pool: 'threads',
    maxWorkers: 4,
    ...patience,
    projects: projectsOf('all'),
  },
});
