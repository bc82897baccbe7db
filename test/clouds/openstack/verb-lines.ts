import type { BedCloud } from '../bed-cloud.ts';
import { friend, seedData } from '../bed-cloud.ts';
import {
  copyingFromHere,
  downloading,
  fillings,
  heldOf,
  holds,
  inPlace,
  inState,
  named,
  patching,
  reading,
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

export const openstackLines: readonly VerbLine[] = [
  ...reading(provider),
  patching(provider),
  uploading(provider, isNew),
  ...fillings(provider),
  ...downloading(provider),
  copyingFromHere(provider, isNew),
  { provider, verb: 'create', about: 'changes', args: () => ['create', 'new'], done: named('new') },
  {
    provider,
    verb: 'deactivate',
    about: 'changes',
    args: (id) => ['deactivate', id, ...waiting],
    done: inState('deactivated'),
  },
  {
    provider,
    verb: 'reactivate',
    about: 'changes',
    status: 'inactive',
    args: (id) => ['reactivate', id, ...waiting],
    done: inState('active'),
  },
  { provider, verb: 'delete', about: 'changes', args: (id) => ['delete', id, '--yes', ...waiting], done: inState('gone') },
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
  {
    provider,
    cloud: 'openstack, administrator',
    verb: 'replicate',
    about: 'changes',
    args: (id) => ['replicate', id, '--to', 'cheap', ...waiting],
    done: inPlace('cheap', true),
  },
  {
    provider,
    verb: 'replicate --remove',
    about: 'changes',
    status: 'two places',
    args: (id) => ['replicate', id, '--remove', 'cheap', '--yes', ...waiting],
    done: inPlace('cheap', false),
  },
  { provider, verb: 'places', about: 'all', args: () => ['places', '-o', 'json'], shows: '"fast"' },
];
