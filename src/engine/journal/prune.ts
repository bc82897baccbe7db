import { forgetRun, runIdsIn, tryReadRun } from './journal-folder.ts';
import { runFrom } from './run-state.ts';

/** How long runs are remembered. */
export interface JournalLimits {
  readonly runs: number;
  readonly ageMs: number;
}
const usual: JournalLimits = { runs: 1000, ageMs: 90 * 86_400_000 };

/** A run looks at no more old ones than that: those with something left stay, and are not to be read each time. */
const mostLooks = 20;

/** When a run began, by its id. */
const beganMs = (id: string): number =>
  Date.parse(id.replace(/^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d).*$/, '$1-$2-$3T$4:$5:$6Z'));

/** Forgets old runs that have ended and left nothing. What cannot be read stays. */
export function pruneJournal(folder: string, nowMs: number, { runs, ageMs }: JournalLimits = usual): void {
  const ids = runIdsIn(folder);
  const old = ids.filter((id, index) => index >= runs || nowMs - beganMs(id) > ageMs).reverse();
  for (const id of old.slice(0, mostLooks)) {
    const lines = tryReadRun(folder, id, () => undefined);
    const run = lines && runFrom(lines, false);
    if (run?.end && run.left.length === 0 && run.unread === 0) forgetRun(folder, id);
  }
}
