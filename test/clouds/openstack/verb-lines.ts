import type { BedCloud } from '../bed-cloud.ts';
import { friend, seedData } from '../bed-cloud.ts';
import {
  copyingFromHere,
  creating,
  deactivating,
  deleting,
  downloading,
  fillings,
  heldOf,
  holds,
  patching,
  reactivating,
  reading,
  replicating,
  uploading,
  waiting,
  type VerbLine,
} from '../verb-line.ts';

const provider = 'openstack';
const isMember =
  (...states: readonly (string | undefined)[]) =>
  (at: BedCloud, id: string): boolean =>
    states.includes(Object.values(heldOf(at, id)?.members ?? {})[0]);

const url = 'https://site.example/disk';
const elsewhere = ['--set', 'glanceRegion=RegionTwo', '--set', 'glanceImageId=7'];
const withName = (name: string) => (disk: Buffer) => holds(name, disk);
const isNew = withName('new');
const fetched = (name: string) => holds(name, Buffer.from(`what lies at ${url}`));

const [inCheap, outOfCheap] = replicating(provider, 'cheap');

export const openstackLines: readonly VerbLine[] = [
  ...reading(provider),
  patching(provider),
  uploading(provider, isNew),
  ...fillings(provider),
  ...downloading(provider),
  copyingFromHere(provider, isNew),
  creating(provider),
  deactivating(provider, 'deactivated'),
  reactivating(provider),
  deleting(provider),
  {
    provider,
    verb: 'upload by way of staging',
    about: 'changes',
    status: 'staged',
    args: (_id, bed) => [
      'upload',
      bed.file('disk.raw', seedData),
      '--name',
      'new',
      '--set',
      'importMethod=glance-direct',
      ...waiting,
    ],
    done: holds('new', seedData),
  },
  {
    provider,
    verb: 'import',
    about: 'changes',
    args: () => ['import', 'new', '--url', url, '--disk-format', 'raw', ...waiting],
    done: fetched('new'),
  },
  {
    provider,
    verb: 'import into a queued record',
    about: 'changes',
    status: 'queued',
    args: (id) => ['import', '--into', id, '--url', url, '--disk-format', 'raw', ...waiting],
    done: fetched('web'),
  },
  {
    provider,
    verb: 'import of what is staged',
    about: 'changes',
    status: 'staged',
    args: (id) => ['import', '--into', id, '--method', 'glance-direct', ...waiting],
    done: holds('web', seedData),
  },
  {
    provider,
    verb: 'import from another region',
    about: 'changes',
    args: () => ['import', 'new', '--method', 'glance-download', '--disk-format', 'raw', ...elsewhere, ...waiting],
    done: holds('new', Buffer.from('what lies in the other region')),
  },
  { provider, verb: 'share', about: 'changes', args: (id) => ['share', id, '--with', friend], done: isMember('pending') },
  { provider, verb: 'share list', about: 'all', status: 'shared', args: (id) => ['share', id, '-o', 'json'], shows: friend },
  {
    provider,
    verb: 'share --accept',
    about: 'changes',
    status: 'offered',
    args: (id) => ['share', id, '--accept'],
    done: isMember('accepted'),
  },
  {
    provider,
    verb: 'share --reject',
    about: 'changes',
    status: 'offered',
    args: (id) => ['share', id, '--reject'],
    done: isMember('rejected'),
  },
  {
    provider,
    verb: 'unshare',
    about: 'changes',
    status: 'shared',
    args: (id) => ['unshare', id, '--with', friend],
    done: isMember(undefined),
  },
  { ...inCheap, cloud: 'openstack, administrator' },
  outOfCheap,
  { provider, verb: 'places', about: 'all', args: () => ['places', '-o', 'json'], shows: '"fast"' },
  {
    provider,
    verb: 'uses',
    about: 'all',
    cloud: 'openstack, administrator',
    args: (id) => ['uses', id, '-o', 'json'],
    shows: '[',
  },
];
