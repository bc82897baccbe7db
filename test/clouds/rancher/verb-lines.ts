import { inState, patching, reading, waiting, type VerbLine } from '../verb-line.ts';

const provider = 'rancher';

export const rancherLines: readonly VerbLine[] = [
  ...reading(provider),
  patching(provider),
  { provider, verb: 'create', about: 'changes', args: () => ['create', 'new', ...waiting], shows: 'new' },
  { provider, verb: 'deactivate', about: 'changes', args: (id) => ['deactivate', id, ...waiting], done: inState('inactive') },
  {
    provider,
    verb: 'reactivate',
    about: 'changes',
    status: 'inactive',
    args: (id) => ['reactivate', id, ...waiting],
    done: inState('active'),
  },
  {
    provider,
    verb: 'delete',
    about: 'changes',
    status: 'inactive',
    args: (id) => ['delete', id, '--yes', ...waiting],
    done: inState('removed', 'purged', 'purging', 'removing'),
  },
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
