import { containers, disks, walkDresses, ways, wrappers, type Dress } from './encodings.ts';

/** Each way, wrapper, container and disk at least once; each with each, and the slow bzip2, are among the torture tests. */
const turn = <T>(list: readonly T[], at: number): readonly T[] => list.slice(at % list.length, (at % list.length) + 1);
const quick = Object.keys(wrappers).filter((wrapper) => wrapper !== 'in bzip2');
const byWrapper = quick.flatMap((wrapper, at) =>
  turn(Object.keys(ways), at).map((way): Dress => ({ way, wrapper, containers: [], disks: turn(Object.keys(disks), at) })),
);
const byContainer = Object.keys(containers).flatMap((container, at) => ({ at, container }));

walkDresses(
  byWrapper.map((dress, at) => ({
    ...dress,
    containers: byContainer.flatMap((one) => (one.at % byWrapper.length === at ? [one.container] : [])),
  })),
);
