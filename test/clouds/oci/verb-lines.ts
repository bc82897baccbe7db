import path from 'node:path';
import { diskBytes } from '../../support/content.ts';
import type { Bed } from '../bed.ts';
import {
  copyingFromHere,
  creating,
  deleting,
  downloading,
  fillings,
  holds,
  patching,
  reading,
  replicating,
  uploading,
  waiting,
  type VerbLine,
} from '../verb-line.ts';

const provider = 'oci';
const isNew = (disk: Buffer) => holds('new', disk);
const isCopy = (disk: Buffer) => holds('home', disk);
const second = 'images/second';

/** A disk of three blocks: one that is little more than zeros, one of nothing else, and the beginning of one. */
const wide = Buffer.concat([diskBytes('raw', 200_192), Buffer.alloc(8 * 1024 ** 2 - 200_192), diskBytes('raw', 100_352, 3)]);
const layout = ['--set', 'layout=layers'];
const isWhole = holds('new', wide);
const outName = 'out.img';
const out = ({ home }: Bed): string => path.join(home.folder, outName);
const ready = (name: string) => async (bed: Bed) => {
  const { exitCode, stderr } = await bed.run('upload', bed.file('wide.raw', wide), '--name', name, ...layout);
  if (exitCode !== 0) throw new Error(stderr);
};

/** Disks in layers. Which of their blobs come is not for a list to say: all that is asked for is what a download is about. */
const inLayers: readonly VerbLine[] = [
  {
    provider,
    verb: 'upload in layers',
    about: 'changes',
    args: (_id, bed) => ['upload', bed.file('wide.raw', wide), '--name', 'new', ...layout, ...waiting],
    done: isWhole,
  },
  {
    provider,
    verb: 'upload in layers from stdin',
    about: 'changes',
    stdin: wide,
    args: () => ['upload', '-', '--name', 'new', '--disk-format', 'raw', ...layout, ...waiting],
    done: isWhole,
  },
  {
    provider,
    verb: 'upload in layers into a queued record',
    about: 'changes',
    status: 'queued',
    args: (id, bed) => ['upload', bed.file('wide.raw', wide), '--into', id, ...layout, ...waiting],
    done: holds('web', wide),
  },
  {
    provider,
    verb: 'download of layers',
    about: 'all',
    before: ready('x:wide'),
    args: (_id, bed) => ['download', 'wide', out(bed)],
    done: (_cloud, _id, bed) => bed.read(outName)?.equals(wide) ?? false,
  },
  {
    provider,
    verb: 'download of layers to stdout',
    about: 'all',
    before: ready('x:wide'),
    args: () => ['download', 'wide', '-'],
    done: (_cloud, _id, _bed, { bytes }) => bytes.equals(wide),
  },
  {
    provider,
    verb: 'copy of layers',
    about: 'changes',
    before: ready('x:wide'),
    args: () => ['copy', 'x:wide', 'x:new', ...waiting],
    done: isWhole,
  },
  {
    provider,
    verb: 'copy of layers to the local store',
    about: 'all',
    before: ready('x:wide'),
    args: () => ['copy', 'x:wide', 'local:new'],
    async done(_cloud, _id, bed) {
      await bed.run('download', 'local:new', out(bed));
      return bed.read(outName)?.equals(wide) ?? false;
    },
  },
  {
    provider,
    verb: 'copy of layers from the local store',
    about: 'changes',
    before: ready('local:home'),
    args: () => ['copy', 'local:home', 'x:new', ...waiting],
    done: isWhole,
  },
];

/** `places` is not among them: it says what the profile says, and asks nobody. */
export const ociLines: readonly VerbLine[] = [
  ...reading(provider),
  patching(provider),
  { ...patching(provider), verb: 'patch of an image with copies', status: 'two places' },
  uploading(provider, isNew),
  { ...uploading(provider, isNew), cloud: 'oci in chunks', verb: 'upload in chunks' },
  ...fillings(provider),
  ...downloading(provider),
  copyingFromHere(provider, isNew),
  {
    ...copyingFromHere(provider, isCopy),
    verb: 'copy from the local store, the same image',
    args: () => ['copy', 'local:home', 'x', ...waiting],
  },
  ...inLayers,
  creating(provider),
  deleting(provider),
  ...replicating(provider, second),
];
