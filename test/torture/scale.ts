/** How much is tried: `TORTURE=short` is what CI runs, anything else all of it. `TORTURE_SEED` chooses other dice. */
export const isShort = process.env.TORTURE === 'short';
export const seed = Number(process.env.TORTURE_SEED ?? 20_260_101);
export const scaled = (full: number, short: number): number => (isShort ? short : full);

/** Runs that go on at once: they wait most of the time. */
const together = Number(process.env.TORTURE_JOBS ?? (isShort ? 24 : 16));

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function dice(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(roll: () => number, items: readonly T[]): T {
  const item = items[Math.floor(roll() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** Does the work for every item, a few at once, and gives all the complaints. */
export async function complaints<T>(
  items: readonly T[],
  work: (item: T) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const found: string[] = [];
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) found.push(...(await work(item)));
  };
  await Promise.all(Array.from({ length: together }, worker));
  return found;
}

const tallies: string[] = [];
/** Remembers a line for the end of the run, and prints it. */
export function tally(what: string, runs: number, violations: readonly string[]): void {
  const line = `torture: ${what}: ${runs} run, ${violations.length} violations`;
  tallies.push(line);
  process.stdout.write(`${line}\n${violations.map((violation) => `  ${violation}\n`).join('')}`);
}
