import { providerError } from './errors.ts';

/**
 * Looks at each page of a list, by what tells its rows apart. Throws PROVIDER where `mostIdle` pages in a row brought nothing new:
 * a server that repeats itself, or gives empty pages, comes to no end by itself. `what` says what is being done.
 */
export function detectEndlessPagination(what: string, mostIdle: number): (rows: readonly unknown[]) => void {
  const seen = new Set<unknown>();
  let idle = 0;
  return (rows) => {
    const before = seen.size;
    for (const row of rows) seen.add(row);
    idle = seen.size > before ? 0 : idle + 1;
    if (idle >= mostIdle) throw providerError(`${what}: ${mostIdle} pages in a row brought nothing new`);
  };
}
