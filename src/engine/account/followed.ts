import type { Call } from '../../core/operation.ts';
import type { BoundProjection } from '../../core/projection.ts';
import type { AccountRef } from '../journal/entry.ts';
import type { LazyJournal } from '../journal/lazy-journal.ts';

/** What follows the channels of an account, with failures blamed; that it is moved or taken away is written into the journal first. */
export function followed(
  { look, point, remove, ...facts }: BoundProjection,
  blame: (error: unknown) => unknown,
  recording: { readonly journal: LazyJournal; readonly at: AccountRef } | undefined,
): BoundProjection {
  const blamed = <T>(work: Promise<T>): Promise<T> => work.catch((error: unknown) => Promise.reject(blame(error)));
  const recorded = async (id: string | undefined, work: (call: Call) => Promise<void>, call: Call): Promise<void> => {
    if (!recording) return work(call);
    const { recordVerb } = await import('../journal/record-verb.ts');
    const { journal, at } = recording;
    // An image of which nothing changes but what leads to it: who undoes the run moves the channel, and this follows.
    const request = { ...(id === undefined ? {} : { id }), changes: {} };
    return recordVerb(journal, { at, verb: 'patch', request, call }, work);
  };
  return {
    ...facts,
    look: (channel, call) => blamed(look(channel, call)),
    point: (channel, image, call) => blamed(recorded(image.id, (noting) => point(channel, image, noting), call)),
    remove: (channel, call) => blamed(recorded(undefined, (noting) => remove(channel, noting), call)),
  };
}
