import { constants } from 'node:fs';
import type * as promises from 'node:fs/promises';

/** What is called before each call of `node:fs/promises`, by its name and arguments; absent: nothing. What it throws is what the call throws. */
export interface Interruption {
  before?: ((name: string, args: readonly unknown[]) => Promise<void>) | undefined;
}

/**
 * `node:fs/promises` with an interruption before each call. To be given by `vi.mock`:
 * `vi.mock('node:fs/promises', async (original) => interrupted(await original(), interruption))`.
 */
export function interrupted(real: typeof promises, interruption: Interruption): typeof promises {
  const wrapped = Object.entries(real).map(([name, value]: [string, unknown]) => {
    if (typeof value !== 'function') return [name, value];
    const call = value as (...args: readonly unknown[]) => unknown;
    return [
      name,
      async (...args: readonly unknown[]) => {
        await interruption.before?.(name, args);
        return call(...args);
      },
    ];
  });
  return Object.fromEntries(wrapped) as typeof promises;
}

/** Calls that change something: to come before one that only looks is to come before the next that changes. */
const changing = new Set('appendFile chmod chown copyFile link mkdir open rename rm rmdir unlink utimes writeFile'.split(' '));
export const changes = (name: string, args: readonly unknown[]): boolean =>
  changing.has(name) && !(name === 'open' && onlyReads(args[1]));

const writing = constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT;
const onlyReads = (flags: unknown): boolean =>
  flags === undefined || flags === 'r' || (typeof flags === 'number' && (flags & writing) === 0);

/** Does `once` before the call of that number, of those that count, and nothing before any other. Gives how many calls there were. */
export async function interruptedAt<T>(
  interruption: Interruption,
  number: number,
  once: (name: string) => Promise<void>,
  work: () => Promise<T>,
  counts: (name: string, args: readonly unknown[]) => boolean = () => true,
): Promise<{ readonly result: PromiseSettledResult<T>; readonly calls: number }> {
  let calls = 0;
  const before = async (name: string, args: readonly unknown[]): Promise<void> => {
    if (!counts(name, args)) return;
    calls += 1;
    if (calls !== number) return;
    interruption.before = undefined;
    await once(name).finally(() => (interruption.before = before));
  };
  interruption.before = before;
  const [result] = await Promise.allSettled([work()]);
  interruption.before = undefined;
  return { result, calls };
}
