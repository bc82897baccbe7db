import { conflictError, notFoundError } from '../../core/errors.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import type { Home } from '../../host/paths.ts';
import { isRunning } from '../../host/process-id.ts';
import { beatMs, journalFolder, readRun, runIdsIn, tryReadRun } from './journal-folder.ts';
import type { WrittenLines } from './read-journal.ts';
import { runFrom, type Run } from './run-state.ts';

/** Of a process that cannot be looked at (another machine, another container, before a restart), how long its silence counts as life. */
const silenceMs = 5 * beatMs;

/** A run as its file tells it; absent where the file holds none. */
function runIn(lines: WrittenLines, nowMs: number): Run | undefined {
  const mark = lines.entries.find((entry) => entry.kind === 'run')?.process ?? '';
  return runFrom(lines, isRunning(mark) ?? nowMs - lines.writtenMs < silenceMs);
}

/** All runs that changed something, the newest first. `unreadable` is told of files that hold none, or cannot be read, and why. */
export function* runsIn(home: Home, nowMs: number, unreadable: (reason: string) => void): Generator<Run> {
  const folder = journalFolder(home);
  for (const id of runIdsIn(folder)) {
    const lines = tryReadRun(folder, id, ({ message }) => unreadable(message));
    if (!lines) continue;
    const run = runIn(lines, nowMs);
    if (run) yield run;
    else unreadable(`no run is in the journal file of ${id}`);
  }
}

/** The run of an id, or of the beginning of one. Throws NOT_FOUND, CONFLICT where several begin so, LOCAL where it cannot be read. */
export function runNamed(text: string, home: Home, nowMs: number): Run {
  const folder = journalFolder(home);
  const ids = runIdsIn(folder);
  const meant = ids.includes(text) ? [text] : ids.filter((id) => text !== '' && id.startsWith(text));
  if (meant.length > 1)
    throw conflictError(`${text} is the beginning of several runs: ${meant.join(', ')}`, { hint: 'Use the whole id.' });
  const [id] = meant;
  const run = id === undefined ? undefined : runIn(readRun(folder, id), nowMs);
  if (!run)
    throw notFoundError(`no such run in the journal: ${text}`, {
      hint: `List runs with: ${commandLine({ verb: 'ops list', options: { all: true } }, nowhere)}`,
    });
  return run;
}

/** Throws CONFLICT for a run whose process is still there. */
export function requireEnded({ run: { id }, state }: Run): void {
  if (state === 'running')
    throw conflictError(`run ${id} is still running`, {
      hint: `Look at it with: ${commandLine({ verb: 'ops show', args: [id] }, nowhere)}`,
    });
}
