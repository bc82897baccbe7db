import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Entry } from '../../src/engine/journal/entry.ts';

const folderIn = (home: string): string => path.join(home, '.local/share/imgctl/journal');

/** Files of the journal in a home, the oldest first; none where nothing was changed. */
export const journalFiles = (home: string): readonly string[] => {
  try {
    return readdirSync(folderIn(home))
      .sort()
      .map((name) => path.join(folderIn(home), name));
  } catch {
    return [];
  }
};

/** The lines of all runs in a home. */
export const journalText = (home: string): string =>
  journalFiles(home)
    .map((file) => readFileSync(file, 'utf8'))
    .join('');

/**
 * Makes the journal of the latest run look as if its process had been killed right behind the last line of a kind, or the last that fits. What it has done at
 * the provider is the test's business. Gives the id of the run.
 */
export function killedBehind(home: string, which: Entry['kind'] | ((entry: Entry) => boolean)): string {
  const fits = typeof which === 'function' ? which : ({ kind }: Entry): boolean => kind === which;
  const file = journalFiles(home).at(-1);
  if (file === undefined) throw new Error('no run is in the journal');
  const entries = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
  const last = entries.findLastIndex(fits);
  if (last < 0) throw new Error(`no such line: ${entries.map((entry) => entry.kind).join(' ')}`);
  const { pid } = spawnSync('true');
  const kept = entries
    .slice(0, last + 1)
    .map((entry) => (entry.kind === 'run' ? { ...entry, process: entry.process.replace(/-\d+-\d*$/, `-${pid}-1`) } : entry));
  writeFileSync(file, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  return path.basename(file, '.jsonl');
}
