import type { SourceRef } from './entry.ts';
import type { Journal, RunFacts } from './journal.ts';

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
