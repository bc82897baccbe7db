import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { projectsOf } from './support/projects.ts';

export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, '..'),
    pool: 'threads',
    maxWorkers: 4,
    testTimeout: 20_000,
    projects: projectsOf('all'),
  },
});
