import { gunzipSync } from 'node:zlib';
import type { BedCloud } from '../bed-cloud.ts';
import {
  copyingFromHere,
  deleting,
  named,
  patching,
  reading,
  replicating,
  uploading,
  waiting,
  type VerbLine,
} from '../verb-line.ts';

const provider = 'linode';
/** The disk is kept as it was sent, which is wrapped in gzip. */
const isNew = (disk: Buffer) => (at: BedCloud) =>
  at.held().some(({ name, active, data }) => name === 'new' && active && data !== undefined && gunzipSync(data).equals(disk));

export const linodeLines: readonly VerbLine[] = [
  ...reading(provider),
  patching(provider),
  uploading(provider, isNew),
  copyingFromHere(provider, isNew),
  {
    provider,
    verb: 'create from a disk',
    about: 'changes',
    args: () => ['create', 'new', '--from-disk', '5', ...waiting],
    done: named('new'),
  },
  deleting(provider),
  ...replicating(provider, 'us-iad'),
  { provider, verb: 'places', about: 'all', args: () => ['places', '-o', 'json'], shows: '"us-ord"' },
];
