import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { needsPosix } from './needs-posix.ts';

const folder = path.resolve(import.meta.dirname, '..');
/** Folders whose tests have a command of their own. */
const otherwise = ['live', 'terminal', 'packed', 'torture'];

interface TestFile {
  /** From the root of the repository. */
  readonly name: string;
  readonly text: string;
}

/** The files of `npm test`. */
const files: readonly TestFile[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll(path.sep, '/'))
  .filter((name) => name.endsWith('.test.ts') && !otherwise.includes(name.split('/')[0] ?? ''))
  .map((name) => ({ name: `test/${name}`, text: readFileSync(path.join(folder, name), 'utf8') }));

/** Files that put something else in the place of a module: only they need modules of their own. */
const isMocking = ({ text }: TestFile): boolean => text.includes('vi.mock(');
/** Files of which `npm test` runs a part: `sweep.ts`. */
const isSweep = ({ text }: TestFile): boolean => text.includes("support/sweep.ts'") || text.includes('draws(');
/** Files that have no Windows yet. Each is named, so that nobody takes its silence for a success. */
const isSkipped = ({ text }: TestFile): boolean => process.platform === 'win32' && needsPosix(text).length > 0;

const namesOf = (chosen: readonly TestFile[]): string[] => chosen.map(({ name }) => name);

/** The tests of `npm test`, or the sweeps among them, as projects of vitest whose names begin with `prefix`. */
export function projectsOf(which: 'all' | 'sweeps', prefix = '') {
  const meant = files.filter((file) => which === 'all' || isSweep(file));
  for (const { name, text } of meant.filter(isSkipped))
    console.warn(`SKIPPED on Windows: ${name} (needs ${needsPosix(text).join(', ')})`);
  const chosen = meant.filter((file) => !isSkipped(file));
  const settings = {
    // What kills its processes wants a real file system.
    globalSetup: which === 'all' ? ['test/support/memory-folder.ts'] : [],
    setupFiles: ['test/support/equal-bytes.ts', 'test/support/v8-flags.ts'],
  };
  const env = { TZ: 'Pacific/Auckland', ...(which === 'sweeps' ? { IMGCTL_TEST_SWEEPS: 'whole' } : {}) };
  const of = (name: string, include: string[]) => ({ ...settings, env, name: `${prefix}${name}`, include });
  return [
    // One thread runs file after file with the modules, and the machine code, that it has: a third less CPU than a thread for each.
    { extends: true as const, test: { ...of('shared', namesOf(chosen.filter((file) => !isMocking(file)))), isolate: false } },
    { extends: true as const, test: { ...of('apart', namesOf(chosen.filter(isMocking))), sequence: { groupOrder: 1 } } },
  ];
}
