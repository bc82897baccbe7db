import type { Runs } from './extents.ts';

/** Length of a disk that is filled up to a whole number of `alignBytes`; without these it is as long as it was. */
export const alignedBytes = (bytes: number, alignBytes = 1): number => Math.ceil(bytes / alignBytes) * alignBytes;

/** The same of a disk whose length may not be known. */
export const alignedIfKnown = (bytes: number | undefined, alignBytes?: number): number | undefined =>
  bytes === undefined ? undefined : alignedBytes(bytes, alignBytes);

/** A disk, filled up with zeros to a whole number of `alignBytes`. Its content id stays the same. */
export async function* alignedRuns(runs: Runs, alignBytes: number): Runs {
  let length = 0;
  for await (const run of runs) {
    length += run.length;
    yield run;
  }
  const missing = alignedBytes(length, alignBytes) - length;
  if (missing > 0) yield { kind: 'zero', length: missing };
}
