import type { Call } from '../../core/operation.ts';
import { sleep } from '../../core/sleep.ts';

/** Keeps calls from being made more often than they may be. */
export interface RateLimiter {
  /** Waits for this call's turn, and says so with a warning. Throws ABORTED when the call's signal says so meanwhile. */
  turn(call: Call): Promise<void>;
  /** From now on this many calls may begin in the time. Anything but a positive whole number is not listened to. */
  allow(most: number): void;
}

/**
 * Lets `most` calls begin in any `withinMs` milliseconds. `why` begins the warning of a call that has to wait.
 * A turn is taken when it is asked for, so calls made side by side keep the limit too.
 */
export function rateLimiter(most: number, withinMs: number, why: (most: number) => string): RateLimiter {
  let allowed = most;
  const begins: number[] = [];
  return {
    allow(next) {
      if (Number.isSafeInteger(next) && next > 0) allowed = next;
    },
    async turn(call) {
      const now = performance.now();
      while (begins[0] !== undefined && begins[0] <= now - withinMs) begins.shift();
      const before = begins.at(-allowed);
      const waitMs = before === undefined ? 0 : Math.max(0, before + withinMs - now);
      begins.push(now + waitMs);
      if (waitMs === 0) return;
      call.note({ kind: 'warning', message: `${why(allowed)}: waiting ${Math.ceil(waitMs / 1000)} s` });
      await sleep(waitMs, call.signal);
    },
  };
}
