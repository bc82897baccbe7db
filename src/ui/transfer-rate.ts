/** Weight of the past in the rate: what was this long ago counts about a third. */
const memoryMs = 5000;
/** Shorter stretches say nothing about the rate. */
const leastMs = 200;

/** Measures how fast bytes go. */
export interface Meter {
  /** Tells that `bytes` in all had gone at `now` (ms). */
  at(bytes: number, now: number): void;
  /** Bytes per second, smoothed; absent while too little is known. */
  rate(): number | undefined;
}

/** A meter that begins at `start` (ms) with no bytes. */
export function createMeter(start: number): Meter {
  let lastTime = start;
  let lastBytes = 0;
  let rate: number | undefined;
  return {
    at(bytes, now) {
      const passed = now - lastTime;
      if (passed < leastMs) return;
      const current = Math.max(0, ((bytes - lastBytes) * 1000) / passed);
      const weight = rate === undefined ? 1 : 1 - Math.exp(-passed / memoryMs);
      rate = (rate ?? 0) + weight * (current - (rate ?? 0));
      lastTime = now;
      lastBytes = bytes;
    },
    rate: () => rate,
  };
}
