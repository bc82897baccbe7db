import type { Home } from '../../host/paths.ts';
import { reasonOf } from '../../host/system-error.ts';
import { beatMs, journalFolder, newRun, type JournalFile } from './journal-folder.ts';
import { pruneJournal } from './prune.ts';

interface WriterFacts {
  readonly home: Home;
  now(): number;
  warn(message: string): void;
}

/** The file of a new run. When it cannot be written it gives up, with one warning. */
export function writerOf({ home, now, warn }: WriterFacts): Omit<JournalFile, 'beat'> {
  let file: JournalFile | undefined;
  let beating: NodeJS.Timeout | undefined;
  const giveUp = (error: unknown): void => {
    if (beating) clearInterval(beating);
    file = undefined;
    warn(`the journal cannot be written (${reasonOf(error)}): imgctl ops will not know what this run leaves`);
  };
  const attempt = (work: (open: JournalFile) => void): void => {
    if (!file) return;
    try {
      work(file);
    } catch (error) {
      giveUp(error);
    }
  };
  try {
    file = newRun(journalFolder(home), now());
    beating = setInterval(() => attempt((open) => open.beat()), beatMs).unref();
  } catch (error) {
    giveUp(error);
  }
  return {
    id: file?.id ?? '',
    add: (entry) => attempt((open) => open.add(entry)),
    sync: async () => file?.sync().catch(giveUp),
    close() {
      if (beating) clearInterval(beating);
      attempt((open) => open.close());
      if (file) prune(home, now());
      file = undefined;
    },
  };
}

function prune(home: Home, now: number): void {
  try {
    pruneJournal(journalFolder(home), now);
  } catch {
    // What cannot be read or removed now is looked at again by the next run.
  }
}
