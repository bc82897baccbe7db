import { parseBoolean } from '../../core/boolean.ts';
import { usageError } from '../../core/errors.ts';
import type { SourceRef } from './entry.ts';
import type { Journal, RunFacts } from './journal.ts';

/** Whether runs keep a journal where nothing else is said. Throws USAGE for an odd value. */
export function isJournalOn({ IMGCTL_JOURNAL: wish }: Readonly<Record<string, string | undefined>>): boolean {
  const isOn = parseBoolean(wish || 'on');
  if (isOn === undefined) throw usageError(`IMGCTL_JOURNAL: "${wish}" is not one of on, off`);
  return isOn;
}

/** The journal of a run, which is loaded and begun with the first change. */
export interface LazyJournal {
  /** Where the bytes of what is made come from. */
  source?: SourceRef;
  /** Where they came from in the run that this one goes on with. */
  expected?: SourceRef | undefined;
  /** The run that this one goes on with. */
  resumes?: string;
  /** What was opened; absent as long as nothing was changed. */
  readonly opened: Journal | undefined;
  open(): Promise<Journal>;
}

export function lazyJournal(facts: () => RunFacts): LazyJournal {
  let opening: Promise<Journal> | undefined;
  let opened: Journal | undefined;
  const journal: LazyJournal = {
    get opened() {
      return opened;
    },
    open: () =>
      (opening ??= import('./journal.ts').then(({ openJournal }) => {
        const { resumes } = journal;
        return (opened = openJournal({ ...facts(), ...(resumes === undefined ? {} : { resumes }) }));
      })),
  };
  return journal;
}
