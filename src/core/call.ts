import { abortedError, waitTimeoutError } from './errors.ts';
import type { Job } from './job.ts';
import { poll, type Looked, type WaitLimits } from './poll.ts';
import { humanDuration } from './quantity.ts';
import type { Task } from './task.ts';

/** What a driver is told about the run it works in. */
export interface Call {
  readonly signal: AbortSignal;
  /** The retry budget of the whole operation; whoever retries takes one. */
  readonly retries: { left: number };
  note(event: Note): void;
  /** The jobs that were begun in it so far, the newest last. */
  readonly begun: readonly Job[];
  /**
   * Waits in the middle of a verb: looks again and again until there is something to give, with the pauses, the limit and the
   * progress that all waiting has. `what` is what has to come: `the snapshot to be complete`. `limitMs`: where less than the
   * user's limit makes sense. Throws WAIT_TIMEOUT when time is up, ABORTED when the call is stopped, and whatever a look throws.
   */
  until<T>(what: string, look: () => Promise<T | undefined>, limitMs?: number): Promise<T>;
}

/**
 * Facts reported while a verb works. `intended`: a remote object of this id, which is ours to choose, is about to be made.
 * `created`: it now exists, and would be left over by a crash. `sending`: a disk is on its way in an upload of this name; the latest
 * counts. `adding`: the image is about to be put into these places, in which it was not. `began`: the provider has accepted work that
 * goes on by itself.
 * `expected`: about so many images are going to be listed, said before the first of them where it is known; the first time counts.
 */
export type Note =
  | { readonly kind: 'intended'; readonly id: string }
  | { readonly kind: 'created'; readonly id: string }
  | { readonly kind: 'removed'; readonly id: string }
  | { readonly kind: 'sending'; readonly ref: string }
  | { readonly kind: 'adding'; readonly places: readonly string[] }
  | { readonly kind: 'began'; readonly job: Job }
  | { readonly kind: 'expected'; readonly images: number }
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number }
  | { readonly kind: 'warning'; readonly message: string };

/** What a call is made of. */
export interface CallParts {
  readonly signal: AbortSignal;
  readonly retries: number;
  readonly limits: WaitLimits;
  note(event: Note): void;
  /** Begins to show that something is waited for. */
  task?(title: string): Task;
}

/** A call that nothing was done with yet. With another signal in its place it waits only as long as that one lets it. */
export function makeCall({ signal, retries, limits, note, task }: CallParts): Call {
  const begun: Job[] = [];
  return {
    signal,
    retries: { left: retries },
    begun,
    note(event) {
      if (event.kind === 'began') begun.push(event.job);
      note(event);
    },
    async until<T>(what: string, look: () => Promise<T | undefined>, limitMs?: number): Promise<T> {
      let shown: Task | undefined;
      const answer = poll<T, undefined>(
        async (): Promise<Looked<T, undefined>> => {
          const found = await look();
          return found === undefined ? { seen: undefined } : { answer: found };
        },
        {
          limits: { ...limits, waitTimeout: smaller(limits.waitTimeout, limitMs) },
          signal: this.signal,
          waiting: (_seen, spentMs, mostMs) => (shown ??= task?.(`wait for ${what}`))?.message(spentOf(spentMs, mostMs)),
          late: (_seen, mostMs) =>
            waitTimeoutError(`timed out after ${limitText(mostMs)} while waiting for ${what}`, {
              hint: 'Wait longer with --wait-timeout.',
            }),
          interrupted: () => abortedError(`interrupted while waiting for ${what} (it continues at the provider)`),
        },
      );
      return answer.finally(() => shown?.done());
    },
  };
}

const smaller = (one: number | undefined, other: number | undefined): number | undefined =>
  one !== undefined && other !== undefined ? Math.min(one, other) : (one ?? other);

/** A limit as it is told. */
export const limitText = (ms: number): string => (ms < 1000 ? `${ms} ms` : humanDuration(ms));

/** How much of the time there is has gone by, as it is told. */
export const spentOf = (spentMs: number, limitMs: number): string =>
  `${humanDuration(spentMs - (spentMs % 1000))} of ${limitText(limitMs)}`;
