import type { Call, Note, OperationName } from '../../core/operation.ts';
import { conflictError } from '../../core/errors.ts';
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
  requireSameSource(journal, call);
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

/** Throws CONFLICT where a run that goes on with another one would take its bytes from another image or another state of a URL. */
function requireSameSource({ source, expected, resumes = '' }: LazyJournal, call: Call): void {
  const from = source?.image ?? source?.url;
  if (!source || !expected || from === undefined) return;
  const before = expected.image ?? expected.url;
  if ((before !== undefined && before !== from && source.image !== undefined) || isOther(source.state, expected.state))
    throw conflictError(`${from} is not what run ${resumes} took`, {
      hint: 'Run its command again, once that run is undone with:',
      next: [{ verb: 'ops undo', args: [resumes] }],
    });
  if (source.state === undefined || expected.state === undefined)
    call.note({ kind: 'warning', message: `not checked: nothing tells whether ${from} is what it was` });
}

const isOther = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;
