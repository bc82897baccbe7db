import type { Call, Note, OperationName } from '../../core/operation.ts';
import type { AccountRef } from './entry.ts';
import type { LazyJournal } from './lazy-journal.ts';

/** A verb that is about to be done. */
export interface Doing {
  readonly at: AccountRef;
  readonly verb: OperationName;
  readonly request: object;
  readonly call: Call;
}

/** Does a verb, with a line in the journal before its first request, and one for what became of it. */
export async function recordVerb<T>(journal: LazyJournal, doing: Doing, run: (call: Call) => Promise<T>): Promise<T> {
  const { at, verb, request, call } = doing;
  if (journal.resumes !== undefined) (await import('./same-source.ts')).requireSameSource(journal, call);
  const action = await (
    await journal.open()
  ).begin({
    at,
    verb,
    request,
    ...(journal.source ? { source: journal.source } : {}),
  });
  const noting: Call = {
    ...call,
    note(event: Note) {
      action.note(event);
      call.note(event);
    },
  };
  try {
    const result = await run(noting);
    action.done(result);
    return result;
  } catch (error) {
    action.failed(error);
    throw error;
  }
}
