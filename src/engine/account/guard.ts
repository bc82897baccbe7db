import type { Session } from '../../core/driver.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { Action } from '../../core/action.ts';
import type { Call, Download, OperationName, OperationTypes, PatchRequest } from '../../core/operation.ts';
import { firstChange } from './preview.ts';
import type { EngineContext } from '../context.ts';
import { actionOf, changes } from '../dry-run.ts';
import { roundedUp } from './whole-units.ts';

export type Runnable = { run(request: never, call: never): unknown };

/** The same verb with failures blamed. In a dry run one that changes something must not be run: it is previewed. */
export function guarded<B extends Runnable>(
  verb: OperationName,
  bound: B,
  blame: (error: unknown) => unknown,
  context: EngineContext,
): B {
  const run = (request: never, call: never): unknown => {
    if (context.settings.dryRun && changes(verb, request))
      return Promise.reject(new ImgctlError('INTERNAL', `a dry run was about to ${verb}`));
    const result = bound.run(request, call);
    if (result instanceof Promise)
      return result.then(
        (made: unknown) => {
          for (const text of roundedUp(request, made)) context.warn(text);
          return verb === 'download' ? guardedData(made as Download, blame) : made;
        },
        (error: unknown) => Promise.reject(blame(error)),
      );
    return guardedItems(result as AsyncIterable<unknown>, blame);
  };
  return { ...bound, run };
}

const nothingToDo = { risk: 'reuse', steps: ['nothing to change'] } as const;

/** What a verb would do; `reuse` where all is so already. What works on files sends nothing that could be shown, and is not begun. */
export async function preview<N extends OperationName>(
  session: Session,
  verb: N,
  request: OperationTypes[N]['request'],
  call: Call,
): Promise<Action> {
  const { profile, provider, driver } = session;
  const { body, ...asked } = actionOf(verb, request);
  if (driver.worksOnFiles) {
    const { isAlreadySo } = await import('./already-so.ts');
    if (await isAlreadySo(session, verb, request, call)) return { profile, provider, ...asked, ...nothingToDo };
    return { profile, provider, ...asked, ...(body === undefined ? {} : { body }) };
  }
  const bound: Runnable = session.require(verb);
  const sent = await firstChange((watched) => bound.run(request as never, watched as never), call);
  // Where the first request is but the beginning, what is wanted still has to be told.
  const labels = verb === 'patch' && sent && sent.body === undefined ? { labels: (request as PatchRequest).changes } : {};
  return { profile, provider, ...asked, ...labels, ...(sent ?? nothingToDo) };
}

/** Of data a provider says much only when it is read. */
function guardedData(download: Download, blame: (error: unknown) => unknown): Download {
  const extents = download.extents?.bind(download);
  return {
    ...download,
    open: (from, to) => guardedItems(download.open(from, to), blame),
    ...(extents ? { extents: () => guardedItems(extents(), blame) } : {}),
  };
}

/** No generator: one more of them would cost a long list a fiftieth of its time. */
const guardedItems = <T>(items: AsyncIterable<T>, blame: (error: unknown) => unknown): AsyncIterable<T> => ({
  [Symbol.asyncIterator]() {
    const from = items[Symbol.asyncIterator]();
    const guard = (step: Promise<IteratorResult<T>>): Promise<IteratorResult<T>> =>
      step.catch((error: unknown) => Promise.reject(blame(error)));
    return {
      next: () => guard(from.next()),
      return: (value?: unknown) => (from.return ? guard(from.return(value)) : Promise.resolve({ done: true, value })),
    };
  },
});
