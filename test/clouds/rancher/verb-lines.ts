import {
  creating,
  deactivating,
  deleting,
  inState,
  patching,
  reactivating,
  reading,
  waiting,
  type VerbLine,
} from '../verb-line.ts';

const provider = 'rancher';

export const rancherLines: readonly VerbLine[] = [
  ...reading(provider),
  patching(provider),
  { ...creating(provider), args: () => ['create', 'new', ...waiting] },
  deactivating(provider),
  reactivating(provider),
  { ...deleting(provider, 'removed', 'purged', 'purging', 'removing'), status: 'inactive' },
  {
    provider,
    cloud: 'rancher before 1.6',
    verb: 'restore',
    about: 'changes',
    status: 'removed',
    args: (id) => ['restore', id, ...waiting],
    done: inState('inactive', 'restoring'),
  },
  {
    provider,
    verb: 'purge',
    about: 'changes',
    status: 'removed',
    args: (id) => ['purge', id, '--yes', ...waiting],
    done: inState('purged', 'purging'),
  },
];
