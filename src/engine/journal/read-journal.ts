import type { Entry } from './entry.ts';

/** A file of the journal as it was read. `unread`: lines that are damaged, or that a later version has written. */
export interface Lines {
  readonly entries: readonly Entry[];
  readonly unread: number;
}

/** `writtenMs`: the last sign of life of the run that writes them (ms since 1970). */
export interface WrittenLines extends Lines {
  readonly writtenMs: number;
}

/** What a line of each kind must have, to be made sense of. */
const required: Readonly<Record<Entry['kind'], readonly string[]>> = {
  run: ['id', 'at', 'words', 'process'],
  action: ['action', 'verb', 'profile', 'provider'],
  intended: ['action', 'id'],
  created: ['action', 'id'],
  removed: ['action', 'id'],
  began: ['action', 'job'],
  sending: ['action', 'ref'],
  adding: ['action', 'places'],
  outcome: ['action', 'result'],
  settled: ['profile', 'id'],
  end: ['exitCode'],
  undone: ['gone', 'actions'],
  resumed: ['by'],
};

/** The lines of a file. A last one without its end is what a killed run, or a full disk, leaves: it counts as not written. */
export function linesOf(text: string): Lines {
  const whole = text.split('\n');
  const cut = whole.pop();
  const read = whole.filter((line) => line !== '').map(entryOf);
  const entries = read.filter((entry) => entry !== undefined);
  const last = cut === undefined || cut === '' ? undefined : entryOf(cut);
  return { entries: last ? [...entries, last] : entries, unread: read.length - entries.length };
}

function entryOf(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : undefined;
  } catch {
    // A damaged line: it is counted.
    return undefined;
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  const names = Object.hasOwn(required, String(value.kind)) ? required[value.kind as Entry['kind']] : undefined;
  return names?.every((name) => name in value) ?? false;
}
