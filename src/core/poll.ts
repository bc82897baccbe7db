import { ImgctlError } from './errors.ts';
import { sleep } from './sleep.ts';

/** How long somebody waits, in ms. Absent: two hours, and at most five seconds between two looks. */
export interface WaitLimits {
  readonly waitTimeout?: number | undefined;
  readonly pollInterval?: number | undefined;
}

/** What a look came to: an answer, or what was seen in its place; then it is looked again, no sooner than in `againMs`. */
export type Looked<T, Seen> = { readonly answer: T } | { readonly seen: Seen; readonly againMs?: number | undefined };

export interface Polling<Seen> {
  readonly limits: WaitLimits;
  readonly signal: AbortSignal;
  /** Hears of each look that came to no answer. */
  waiting?(seen: Seen, spentMs: number, limitMs: number): void;
  /** What is thrown when time is up. */
  late(seen: Seen, limitMs: number): Error;
  /** What is thrown when the signal fires between two looks. */
  interrupted(): Error;
}

const usualWaitMs = 2 * 3_600_000;
const usualPauseMs = 5000;
const firstPauseMs = 250;
const growth = 1.6;

/** Pauses between looks at work that goes on elsewhere, without end: they grow up to the longest. */
export function* backoff(longestMs: number): Generator<number, never> {
  for (let pauseMs = Math.min(firstPauseMs, longestMs); ; pauseMs = Math.min(pauseMs * growth, longestMs)) yield pauseMs;
}

/** Looks again and again until there is an answer. Throws what a look throws, `late` when time is up, `interrupted` when stopped. */
export async function poll<T, Seen>(look: () => Promise<Looked<T, Seen>>, polling: Polling<Seen>): Promise<T> {
  const { limits, signal } = polling;
  const limitMs = limits.waitTimeout ?? usualWaitMs;
  const begun = Date.now();
  const pauses = backoff(limits.pollInterval ?? usualPauseMs);
  for (;;) {
    const looked = await look();
    if ('answer' in looked) return looked.answer;
    const spentMs = Date.now() - begun;
    polling.waiting?.(looked.seen, spentMs, limitMs);
    const leftMs = limitMs - spentMs;
    const { againMs = 0 } = looked;
    if (leftMs <= 0 || againMs > leftMs) throw polling.late(looked.seen, limitMs);
    // The last look is when time is up, and no sooner.
    await sleep(Math.min(Math.max(pauses.next().value, againMs), leftMs), signal).catch((error: unknown) => {
      throw error instanceof ImgctlError && error.code === 'ABORTED' ? polling.interrupted() : error;
    });
  }
}
