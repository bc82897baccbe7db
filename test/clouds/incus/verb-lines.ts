import { unpacked } from '../unpacked.ts';
import type { BedCloud } from '../bed-cloud.ts';
import {
  copyingFromHere,
  deleting,
  downloading,
  named,
  patching,
  reading,
  uploading,
  waiting,
  type VerbLine,
} from '../verb-line.ts';
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
  {
    provider,
    verb: 'create from an instance',
    about: 'changes',
    args: () => ['create', 'new', '--from-disk', 'made-from-web', ...waiting],
    done: named('new'),
  },
  {
    provider,
    verb: 'import from a server of images',
    about: 'changes',
    args: () => [
      'import',
      'new',
      '--url',
      'https://images.example',
      '--method',
      'simplestreams',
      '--set',
      'image=debian/12',
      ...waiting,
    ],
    done: named('new'),
  },
  copyingFromHere(provider, isNew),
  deleting(provider),
  ...downloading(provider, seedDisk),
  { provider, verb: 'uses', about: 'all', args: (id) => ['uses', id, '-o', 'json'], shows: '"made-from-web"' },
];
