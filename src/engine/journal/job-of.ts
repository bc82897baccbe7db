import type { Job } from '../../core/job.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { journalFolder, runIdsIn, tryReadRun } from './journal-folder.ts';
import type { Entry } from './entry.ts';
import type { Lines } from './read-journal.ts';

/** Whoever waits means what was begun lately. */
export const mostRuns = 200;

/**
 * The job that a run on this machine has begun last on an image of this account. Absent: the journal knows of none, the image was
 * seen at rest since, or the journal cannot be read.
 */
export function jobOf(at: Pick<Account, 'key' | 'profile'>, image: string, { home, detail }: EngineContext): Job | undefined {
  try {
    const folder = journalFolder(home);
    for (const id of runIdsIn(folder).slice(0, mostRuns)) {
      const lines = tryReadRun(folder, id, ({ message }) => detail(message));
      const last = lines && lastOf(lines, at, image);
      if (last) return last.kind === 'began' ? last.job : undefined;
    }
  } catch (error) {
    // It only tells sooner what the provider tells too.
    detail(error instanceof Error ? error.message : String(error));
  }
  return undefined;
}

/** What a run says last of an image: that work was begun on it, that it has come to rest, or that its data was to be another. */
function lastOf({ entries }: Lines, { key, profile }: Pick<Account, 'key' | 'profile'>, image: string): Entry | undefined {
  const ours = new Set(entries.flatMap((entry) => (entry.kind === 'action' && entry.account === key ? [entry.action] : [])));
  const began = (entry: Entry): boolean => entry.kind === 'began' && entry.job.image === image && ours.has(entry.action);
  const copying = entries.findLast((entry) => entry.kind === 'began' && entry.job.verb === 'replicate' && began(entry));
  return entries.findLast((entry) => {
    if (entry.kind === 'began') return began(entry);
    // An image that is copied is at rest itself.
    if (entry.kind === 'settled') return !copying && entry.id === image && entry.profile === profile && ours.size > 0;
    return entry.kind === 'action' && entry.image === image && ours.has(entry.action) && fills.has(entry.verb);
  });
}

const fills: ReadonlySet<string> = new Set(['upload', 'import']);
