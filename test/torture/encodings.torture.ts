import { containers, disks, walkDresses, ways, wrappers } from '../transfer/encodings.ts';

/** Every way bare and in gzip; the slower wrappers only as a stream comes. */
const slow = ['in xz', 'in zstd', 'in gzip with a long header', 'in bzip2'];
const images = (wrapper: string): readonly string[] => {
  if (wrapper === 'bare') return Object.keys(containers);
  return slow.includes(wrapper) ? ['qcow2'] : ['qcow2', 'tar'];
};
const kinds = (wrapper: string): readonly string[] => Object.keys(disks).slice(0, slow.includes(wrapper) ? 1 : undefined);

walkDresses(
  Object.keys(ways).flatMap((way) =>
    Object.keys(wrappers)
      .filter((wrapper) => !slow.includes(wrapper) || way === 'through a pipe')
      .map((wrapper) => ({ way, wrapper, containers: images(wrapper), disks: kinds(wrapper) })),
  ),
);
