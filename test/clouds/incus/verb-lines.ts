import type { Bed } from '../bed.ts';
import { unpacked } from '../unpacked.ts';
import { seedData, type BedCloud } from '../bed-cloud.ts';
import { copyingFromHere, deleting, holds, patching, reading, uploading, waiting, type VerbLine } from '../verb-line.ts';
import { seedDisk } from './seed-disk.ts';

const provider = 'incus';

/** The disk is sent as qcow2, whatever it was. */
const isNew =
  (disk: Buffer): NonNullable<VerbLine['done']> =>
  async (at: BedCloud, _id, bed) => {
    const data = at.held().find(({ name }) => name === 'new')?.data;
    return data !== undefined && (await unpacked(bed, 'new.qcow2', data))?.subarray(0, disk.length).equals(disk) === true;
  };

const out = (bed: Bed): string => `${bed.home.folder}/out.qcow2`;

export const incusLines: readonly VerbLine[] = [
  ...reading(provider),
  patching(provider),
  uploading(provider, isNew),
  copyingFromHere(provider, isNew),
  deleting(provider),
  {
    provider,
    verb: 'download',
    about: 'disk',
    args: (id, bed) => ['download', id, out(bed)],
    done: (_cloud, _id, bed) => bed.read('out.qcow2')?.equals(seedDisk) ?? false,
  },
  {
    provider,
    verb: 'download to stdout',
    about: 'disk',
    args: (id) => ['download', id, '-'],
    done: (_cloud, _id, _bed, { bytes }) => bytes.equals(seedDisk),
  },
  {
    provider,
    verb: 'copy',
    about: 'changes',
    args: (id) => ['copy', `x:${id}`, 'x:new', ...waiting],
    done: holds('new', seedDisk),
  },
  {
    provider,
    verb: 'copy to the local store',
    about: 'disk',
    args: (id) => ['copy', `x:${id}`, 'local:new'],
    async done(_cloud, _id, bed) {
      await bed.run('download', 'local:new', out(bed));
      const data = bed.read('out.qcow2');
      return (
        data !== undefined && (await unpacked(bed, 'local.qcow2', data))?.subarray(0, seedData.length).equals(seedData) === true
      );
    },
  },
  { provider, verb: 'uses', about: 'all', args: (id) => ['uses', id, '-o', 'json'], shows: '"made-from-web"' },
];
