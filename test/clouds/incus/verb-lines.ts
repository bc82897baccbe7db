import { unpacked } from '../unpacked.ts';
import type { BedCloud } from '../bed-cloud.ts';
import { copyingFromHere, deleting, downloading, patching, reading, uploading, type VerbLine } from '../verb-line.ts';
import { seedDisk } from './seed-disk.ts';

const provider = 'incus';

/** The disk is sent as qcow2, whatever it was. */
const isNew =
  (disk: Buffer): NonNullable<VerbLine['done']> =>
  async (at: BedCloud, _id, bed) => {
    const data = at.held().find(({ name }) => name === 'new')?.data;
    return data !== undefined && (await unpacked(bed, 'new.qcow2', data))?.subarray(0, disk.length).equals(disk) === true;
  };

export const incusLines: readonly VerbLine[] = [
  ...reading(provider),
  patching(provider),
  uploading(provider, isNew),
  copyingFromHere(provider, isNew),
  deleting(provider),
  ...downloading(provider, seedDisk),
  { provider, verb: 'uses', about: 'all', args: (id) => ['uses', id, '-o', 'json'], shows: '"made-from-web"' },
];
