import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call, Note, OperationName } from '../../core/operation.ts';
import type { AccountRef } from './entry.ts';
import type { LazyJournal } from './lazy-journal.ts';

/** A verb that is about to be done. `look`: shows an image of the account. */
export interface Doing {
  readonly at: AccountRef;
  readonly verb: OperationName;
  readonly request: object;
  readonly call: Call;
  look(id: string): Promise<Image>;
}

/** Does a verb, with a line in the journal before its first request, and one for what became of it. */
export async function recordVerb<T>(journal: LazyJournal, doing: Doing, run: (call: Call) => Promise<T>): Promise<T> {
  const { at, verb, request, call } = doing;
  const places = verb === 'replicate' ? await placesBefore(doing) : undefined;
  const action = await (
    await journal.open()
  ).begin({
    at,
    verb,
    request,
    ...(journal.source ? { source: journal.source } : {}),
    ...(places ? { places } : {}),
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

/** Where an image lies before places are added. Absent where it cannot be looked at: then only the verb itself can tell why. */
async function placesBefore({ request, look }: Doing): Promise<readonly string[] | undefined> {
  const { id, add, exactly } = request as { id: string; add?: readonly string[]; exactly?: readonly string[] };
  if ((exactly ?? add ?? []).length === 0) return undefined;
  try {
    return (await look(id)).places.map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    return undefined;
  }
}
