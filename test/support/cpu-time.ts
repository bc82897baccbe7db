import { readFileSync } from 'node:fs';

/** CPU that this thread has used, in ms; that of the whole process where the system does not tell. */
function usedMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

/** What some work gave, and the CPU that it took in this thread. */
export interface Cost<Result> {
  readonly result: Result;
  readonly ms: number;
}

/**
 * Does work and tells its CPU. What is held to a bound is this and no time on the clock: other programs, and the tests that run beside, may take as much of
 * the machine as they like. A bound is ten times what the work takes on a quiet machine, or more: what grows with the square of its
 * input, or never ends, is beyond any.
 */
export function costOf<Result>(work: () => Result): Cost<Result> {
  const before = usedMs();
  const result = work();
  return { result, ms: usedMs() - before };
}

/** As `costOf`, for work that waits now and then; what else this thread does meanwhile counts. */
export async function costOfAsync<Result>(work: () => Promise<Result>): Promise<Cost<Result>> {
  const before = usedMs();
  const result = await work();
  return { result, ms: usedMs() - before };
}
