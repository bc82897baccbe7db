import { setTimeout as sleep } from 'node:timers/promises';
import { aborted } from './failure.ts';
import type { HttpSettings } from './settings.ts';

/** Keeps transfers below a rate. */
export interface Throttle {
  /** Bytes that should pass at once at most, so that the flow stays even. */
  readonly portion: number;
  /** Returns when `bytes` more may pass. Rejects with ABORTED when `signal` fires meanwhile. */
  pass(bytes: number, signal: AbortSignal): Promise<void>;
}

/**
 * A token bucket: `bytesPerSecond` on average, in bursts of at most a quarter of a second's worth. All transfers
 * that share a throttle share the rate. Absent: no throttle.
 */
export function createThrottle(bytesPerSecond: number | undefined): Throttle {
  if (bytesPerSecond === undefined) return { portion: Infinity, pass: async () => undefined };
  const bucket = Math.max(1, bytesPerSecond / 4);
  let tokens = bucket;
  let filledAt = performance.now();
  return {
    portion: Math.max(1024, Math.floor(bucket)),
    async pass(bytes, signal) {
      const now = performance.now();
      tokens = Math.min(bucket, tokens + ((now - filledAt) / 1000) * bytesPerSecond) - bytes;
      filledAt = now;
      if (tokens >= 0) return;
      await sleep((-tokens / bytesPerSecond) * 1000, undefined, { signal }).catch(() => {
        throw aborted();
      });
    },
  };
}

const shared = new WeakMap<object, Throttle>();

/** The throttle that these settings ask for: one for all that share it. */
export function throttleOf({ bytesPerSecond, rateSharedBy }: Pick<HttpSettings, 'bytesPerSecond' | 'rateSharedBy'>): Throttle {
  const known = rateSharedBy && shared.get(rateSharedBy);
  if (known) return known;
  const throttle = createThrottle(bytesPerSecond);
  if (rateSharedBy) shared.set(rateSharedBy, throttle);
  return throttle;
}
