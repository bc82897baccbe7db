import type { Run, Runs } from '../runs.ts';
import { readRun, type GuestObserver } from './guest-observer.ts';

/** Runs that the observer may be behind the consumer. */
const ahead = 6;

/**
 * The same runs, while `observer` sees the guest's bytes in guest order. Each run is read once, whoever wants it first, and
 * kept as long as its consumer keeps the run. A consumer that takes a deflate run's `deflated` makes the observer inflate it:
 * writers that have an `observer` option see the bytes anyway, and are better given it. Ends when the observer has seen all;
 * throws what reading and the observer throw, at the next run that is asked for.
 */
export async function* teeRuns(runs: Runs, observer: GuestObserver): AsyncGenerator<Run, void, undefined> {
  const behind: Promise<void>[] = [];
  let last = Promise.resolve();
  for await (const run of runs) {
    const { seen, passed } = tee(run, observer);
    last = last.then(seen);
    // It is thrown below, unless the consumer stops before that.
    last.catch(() => undefined);
    behind.push(last);
    let stopped = true;
    try {
      yield passed;
      stopped = false;
    } finally {
      // Nobody shall read from a source that is being closed.
      if (stopped) await Promise.allSettled(behind);
    }
    if (behind.length > ahead) await behind.shift();
  }
  await last;
}

function tee(run: Run, observer: GuestObserver): { seen: () => void | Promise<void>; passed: Run } {
  if (run.kind === 'zero') return { seen: () => observer.zeros(run.length), passed: run };
  let reading: Promise<Uint8Array> | undefined;
  const read = () => (reading ??= readRun(run));
  const passed: Run =
    run.kind === 'data'
      ? { kind: 'data', length: run.length, read }
      : { kind: 'deflate', length: run.length, read, deflated: () => run.deflated() };
  return { seen: async () => observer.data(await read()), passed };
}
