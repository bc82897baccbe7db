import type { Image } from '../../core/image.ts';
import type { OperationName } from '../../core/operation.ts';
import { changes } from '../dry-run.ts';
import type { AccountRef } from './entry.ts';
import type { LazyJournal } from './lazy-journal.ts';

type Runnable = { run(request: never, call: never): unknown };

/**
 * A verb of an account: what it changes is written into the journal before it is done. Nothing is loaded for a verb that changes
 * nothing; what `show` shows of an image that the run has made is written down too.
 */
export function recorded<B extends Runnable>(
  verb: OperationName,
  bound: B,
  { journal, at }: { readonly journal: LazyJournal; readonly at: AccountRef },
): B {
  return {
    ...bound,
    run(request: never, call: never) {
      if (changes(verb, request))
        return import('./record-verb.ts').then(({ recordVerb }) =>
          recordVerb(journal, { at, verb, request, call }, async (noting) => bound.run(request, noting as never)),
        );
      const result = bound.run(request, call);
      if (verb !== 'show' || !journal.opened) return result;
      return (result as Promise<Image>).then((image) => {
        journal.opened?.seen(at.profile, image);
        return image;
      });
    },
  };
}
