import {
  copyingFromHere,
  deleting,
  downloading,
  heldOf,
  holds,
  inState,
  named,
  reactivating,
  reading,
  replicating,
  uploading,
  waiting,
  type VerbLine,
} from '../verb-line.ts';

const provider = 'aws';
const partner = '444455556666';
const isNew = (disk: Buffer): NonNullable<VerbLine['done']> => holds('new', disk);

export const awsLines: readonly VerbLine[] = [
  ...reading(provider),
  {
    provider,
    verb: 'patch',
    about: 'changes',
    args: (id) => ['patch', id, '--description', 'other words', '--tag', 'blessed', '-o', 'json'],
    done({ fake }, id) {
      const { description, tags } = fake.stored?.(id) ?? {};
      return description === 'other words' && JSON.stringify(tags) === '["blessed"]';
    },
  },
  uploading(provider, isNew),
  {
    provider,
    verb: 'create from a snapshot of an instance',
    about: 'changes',
    args: () => ['create', 'new', '--from-disk', 'i-0123456789abcdef0', ...waiting],
    done: named('new'),
  },
  copyingFromHere(provider, isNew),
  deleting(provider),
  {
    provider,
    verb: 'deactivate',
    about: 'changes',
    args: (id) => ['deactivate', id, '--yes', ...waiting],
    done: inState('disabled'),
  },
  { ...reactivating(provider), done: inState('available') },
  {
    provider,
    verb: 'restore',
    about: 'changes',
    status: 'removed',
    args: (id) => ['restore', id, ...waiting],
    done: inState('available'),
  },
  ...replicating(provider, 'eu-west-1'),
  ...downloading(provider),
  {
    provider,
    verb: 'share',
    about: 'changes',
    args: (id) => ['share', id, '--with', partner],
    done: (cloud, id) => heldOf(cloud, id)?.members?.[partner] !== undefined,
    shows: partner,
  },
  {
    provider,
    verb: 'share --remove',
    about: 'changes',
    status: 'shared',
    args: (id) => ['unshare', id, '--with', partner],
    done: (cloud, id) => heldOf(cloud, id)?.members?.[partner] === undefined,
  },
  { provider, verb: 'places', about: 'all', args: () => ['places', '-o', 'json'], shows: '"us-east-1"' },
  { provider, verb: 'uses', about: 'all', args: (id) => ['uses', id, '-o', 'json'], shows: '"i-0123456789abcdef0"' },
];
