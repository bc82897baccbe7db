import { abortedError } from './errors.ts';
import { timerMs } from './quantity.ts';

/** Waits. Rejects with ABORTED when `signal` fires meanwhile. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(abortedError('interrupted'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, timerMs(ms));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
