import type { ProxiedRequest } from '../support/fault-proxy.ts';
import type { Bed, BedCloud } from './bed.ts';

/** One verb at one provider, as it is typed. */
export interface VerbLine {
  readonly provider: string;
  readonly verb: string;
  /** State of the image that it is done to; its name is `web`. */
  readonly status?: 'active' | 'inactive' | 'queued';
  args(id: string, bed: Bed): readonly string[];
  /** Whether the fake shows that it was done. Absent: the verb only reads, and `shows` must be on stdout. */
  done?(cloud: BedCloud, id: string): boolean;
  /** What stdout must hold where the verb succeeds. Default: the id. */
  readonly shows?: string;
  readonly makesImage?: boolean;
}

const heldOf = (cloud: BedCloud, id: string) => cloud.held().find((image) => image.id === id);
const named = (name: string) => (cloud: BedCloud) => cloud.held().some((image) => image.name === name);
const inState =
  (...states: readonly string[]) =>
  (cloud: BedCloud, id: string) =>
    states.includes(heldOf(cloud, id)?.status ?? 'gone');

const waiting = ['--wait-timeout', '2s', '--poll-interval', '20ms'];
const upload = (name: string) => (_id: string, bed: Bed) => [
  'upload',
  bed.file('disk.raw', Buffer.alloc(200_000, 'disk')),
  '--name',
  name,
  ...waiting,
];

/** Verbs that read, as every provider has them. */
const reading = (provider: string): readonly VerbLine[] => [
  { provider, verb: 'list', args: () => ['list', '-o', 'json'] },
  { provider, verb: 'show', args: (id) => ['show', id, '-o', 'json'] },
  { provider, verb: 'show by name', args: () => ['show', 'web', '-o', 'json'] },
  { provider, verb: 'resolve', args: () => ['resolve', 'web'] },
  { provider, verb: 'wait', args: (id) => ['wait', id, '--for', 'active', ...waiting, '-o', 'json'] },
  { provider, verb: 'profile check', args: () => ['profile', 'check', '-o', 'json'], shows: '"who"' },
];

export const verbLines: readonly VerbLine[] = [
  ...reading('openstack'),
  { provider: 'openstack', verb: 'create', args: () => ['create', 'new'], done: named('new'), makesImage: true },
  { provider: 'openstack', verb: 'patch', args: (id) => ['patch', id, '--name', 'other'], done: named('other') },
  { provider: 'openstack', verb: 'deactivate', args: (id) => ['deactivate', id, ...waiting], done: inState('deactivated') },
  {
    provider: 'openstack',
    verb: 'reactivate',
    status: 'inactive',
    args: (id) => ['reactivate', id, ...waiting],
    done: inState('active'),
  },
  { provider: 'openstack', verb: 'delete', args: (id) => ['delete', id, '--yes', ...waiting], done: inState('gone') },
  { provider: 'openstack', verb: 'upload', args: upload('new'), done: named('new'), makesImage: true },
  {
    provider: 'openstack',
    verb: 'download',
    args: (id, bed) => ['download', id, `${bed.home.folder}/out.raw`],
    shows: 'out.raw',
  },
  {
    provider: 'openstack',
    verb: 'import',
    args: () => ['import', 'new', '--url', 'https://site.example/disk', '--disk-format', 'raw', ...waiting],
    done: named('new'),
    makesImage: true,
  },
  { provider: 'openstack', verb: 'share', args: (id) => ['share', id, '--with', 'somebody'], shows: 'somebody' },
  { provider: 'openstack', verb: 'share list', args: (id) => ['share', id, '-o', 'json'], shows: '[' },
  { provider: 'openstack', verb: 'places', args: () => ['places', '-o', 'json'], shows: '"fast"' },
  ...reading('linode'),
  {
    provider: 'linode',
    verb: 'create',
    args: () => ['create', 'new', '--from-disk', '5', ...waiting],
    done: named('new'),
    makesImage: true,
  },
  { provider: 'linode', verb: 'patch', args: (id) => ['patch', id, '--name', 'other'], done: named('other') },
  { provider: 'linode', verb: 'delete', args: (id) => ['delete', id, '--yes', ...waiting], done: inState('gone') },
  { provider: 'linode', verb: 'upload', args: upload('new'), done: named('new'), makesImage: true },
  {
    provider: 'linode',
    verb: 'replicate',
    args: (id) => ['replicate', id, '--to', 'us-iad', ...waiting],
    shows: 'us-iad',
  },
  { provider: 'linode', verb: 'places', args: () => ['places', '-o', 'json'], shows: '"us-ord"' },
  ...reading('rancher'),
  { provider: 'rancher', verb: 'create', args: () => ['create', 'new', ...waiting], shows: 'new', makesImage: true },
  { provider: 'rancher', verb: 'patch', args: (id) => ['patch', id, '--name', 'other'], done: named('other') },
  { provider: 'rancher', verb: 'deactivate', args: (id) => ['deactivate', id, ...waiting], done: inState('inactive') },
  {
    provider: 'rancher',
    verb: 'reactivate',
    status: 'inactive',
    args: (id) => ['reactivate', id, ...waiting],
    done: inState('active'),
  },
  {
    provider: 'rancher',
    verb: 'delete',
    status: 'inactive',
    args: (id) => ['delete', id, '--yes', ...waiting],
    done: inState('removed', 'purged', 'purging', 'removing'),
  },
];

/** Requests that the verb is about: those that change something, and bulk data; for verbs that only read, all but the sign-in. */
export function isMain(line: VerbLine): (request: ProxiedRequest) => boolean {
  const signIn = (path: string): boolean => path.includes('/auth/tokens');
  if (line.verb === 'download') return ({ path }) => path.endsWith('/file');
  if (line.done || line.makesImage || line.verb === 'share' || line.verb === 'replicate')
    return ({ method, path }) => method !== 'GET' && !signIn(path);
  return ({ path }) => !signIn(path);
}
