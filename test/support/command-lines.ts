import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { commands } from '../../src/cli/commands/index.ts';
import type { ProviderStage } from '../clouds/stage.ts';

type Lines = readonly (readonly string[])[];

/** What command lines speak of. */
export interface Spoken {
  readonly stage: ProviderStage;
  readonly profile: string;
  readonly id: string;
  readonly file: string;
  readonly folder: string;
}

const waiting = ['--wait-timeout', '300ms', '--poll-interval', '20ms'];

/** A manifest that wants the file to be an image. */
function manifestFor({ file, folder, profile }: Spoken): string {
  const manifest = path.join(folder, 'images.yaml');
  const images = [{ name: 'wanted', source: path.resolve(file), targets: [profile], tags: ['blessed'] }];
  writeFileSync(manifest, JSON.stringify({ manifest: 'fleet', images }));
  return manifest;
}

/**
 * Every command as it is typed for an image and a file, those last that end with the image; what a provider has not is refused,
 * which is worth a look too.
 */
const linesOf: Readonly<Record<string, (at: Spoken) => Lines>> = {
  list: () => [
    ['list'],
    ['list', '--raw', '-o', 'json'],
    ['list', '-A', '--group-by', 'name'],
    ['list', '--filter', 'nosuch=filter'],
  ],
  show: ({ id }) => [
    ['show', id, '--raw', '-o', 'yaml'],
    ['show', id, 'nothing-of-the-kind', '-o', 'json'],
    ['show', 'nothing-of-the-kind'],
  ],
  create: ({ stage }) => [
    ['create', 'made', ...waiting],
    ['create', 'made', '--from-disk', stage.samples.disk ?? '5', ...waiting],
    ['create', 'made', '--dry-run'],
  ],
  patch: ({ id }) => [
    ['patch', id, '--description', 'told'],
    ['patch', id, '--tag', 'blessed', '--dry-run', '-o', 'json'],
    ['patch', id, 'nothing-of-the-kind', '--description', 'told', '-o', 'json'],
  ],
  deactivate: ({ id }) => [['deactivate', id, ...waiting]],
  reactivate: ({ id }) => [['reactivate', id, ...waiting]],
  upload: ({ file }) => [
    ['upload', file, '--name', 'up', ...waiting],
    ['upload', file, '--name', 'up', '--dry-run'],
    ['upload', file, '--name', 'up', '--if-exists', 'rename', ...waiting],
    ['upload', file, '--name', 'web', '--if-exists', 'replace', '--yes', ...waiting],
  ],
  download: ({ id, folder }) => [['download', id, path.join(folder, 'down.raw'), '--force']],
  publish: ({ id, folder }) => [
    ['publish', 'simplestreams', path.join(folder, 'tree'), id, '--sign', 'nobody@site.example'],
    ['publish', 'simplestreams', path.join(folder, 'tree'), id, 'nothing-of-the-kind', '-o', 'json'],
    ['publish', 'simplestreams', path.join(folder, 'tree')],
  ],
  plan: (at) => [
    ['plan', '-f', manifestFor(at), '-o', 'json'],
    ['plan', '-f', manifestFor(at), '--check'],
  ],
  apply: (at) => [
    ['plan', '-f', manifestFor(at), '--out', path.join(at.folder, 'plan.json')],
    ['apply', path.join(at.folder, 'plan.json'), '--yes', ...waiting],
    ['apply', '-f', manifestFor(at), '--yes', ...waiting],
    ['apply', '-f', manifestFor(at), '--dry-run'],
  ],
  copy: ({ id, profile }) => [['copy', `${profile}:${id}`, `${profile}:copied`, ...waiting]],
  import: () => [
    ['import', 'imp', '--url', 'https://user:hunter2@site.example/disk?token=abcdef', '--disk-format', 'raw', ...waiting],
  ],
  replicate: ({ id, stage }) => [['replicate', id, '--to', stage.samples.place ?? 'elsewhere', ...waiting]],
  share: ({ id }) => [['share', id, '--with', 'somebody']],
  unshare: ({ id }) => [['unshare', id, '--with', 'somebody']],
  wait: ({ id }) => [['wait', id, '--for', 'active', ...waiting]],
  resolve: () => [['resolve', 'w*']],
  convert: ({ file, folder }) => [['convert', file, path.join(folder, 'other.qcow2'), '--force']],
  inspect: ({ file }) => [['inspect', file, '-o', 'json']],
  places: () => [['places']],
  prune: ({ id }) => [
    ['prune', id, '--keep', '1', '--managed', id, '--yes', '-o', 'json', ...waiting],
    ['prune', '--keep', '1', '--unused', '--grace', '0s', '--yes', ...waiting],
  ],
  'channel set': ({ id }) => [
    ['channel', 'set', 'web@stable', id],
    ['channel', 'set', 'web@stable', 'nothing-of-the-kind', '--reason', 'why', '-o', 'json'],
  ],
  'channel list': () => [['channel', 'list', '-o', 'json']],
  'channel show': () => [['channel', 'show', 'web@stable']],
  'channel history': () => [['channel', 'history', 'web@stable', '-o', 'json']],
  'channel rollback': () => [['channel', 'rollback', 'web@stable', '--dry-run']],
  'channel delete': () => [['channel', 'delete', 'web@stable', '--yes', '-o', 'json']],
  'channel revoke': ({ id }) => [['channel', 'revoke', id, '--reason', 'why', '--yes', '-o', 'json', ...waiting]],
  uses: ({ id }) => [['uses', id]],
  'policy check': ({ profile }) => [
    ['policy', 'check', '--rules', 'scs-0102', '-p', profile, '-o', 'junit'],
    ['policy', 'check', '--rules', 'scs-0102', '-p', profile, '-o', 'sarif'],
    ['policy', 'check', '--rules', 'nothing-of-the-kind'],
  ],
  sources: () => [['sources'], ['sources', 'ubuntu', '-o', 'json']],
  'profile add': ({ profile }) => [['profile', 'add', profile, '--provider', 'nosuchprovider']],
  'profile list': () => [['profile', 'list', '-o', 'json']],
  'profile show': ({ profile }) => [
    ['profile', 'show', profile],
    ['profile', 'show', profile, '-o', 'json'],
  ],
  'profile set': ({ profile }) => [['profile', 'set', profile, 'nosuchfield=something']],
  'profile use': ({ profile }) => [['profile', 'use', profile]],
  'profile remove': () => [['profile', 'remove', 'nothing-of-the-kind', '--yes']],
  'profile check': ({ profile }) => [
    ['profile', 'check', profile],
    ['profile', 'check', profile, '-o', 'json'],
  ],
  'profile import': () => [['profile', 'import', '--dry-run']],
  'ops list': () => [
    ['ops', 'list', '--all', '-o', 'json'],
    ['ops', 'list', '-o', 'wide'],
  ],
  'ops show': () => [['ops', 'show', '-o', 'json']],
  'ops resume': () => [['ops', 'resume', ...waiting]],
  'ops undo': () => [['ops', 'undo', '--yes', ...waiting]],
  providers: ({ profile }) => [['providers', profile]],
  completion: () => [['completion', 'bash']],
  version: () => [['version']],
  help: () => [['help', 'list']],
  delete: ({ id }) => [
    ['delete', id, 'nothing-of-the-kind', '--yes', '-o', 'json', ...waiting],
    ['delete', id, '--yes', ...waiting],
  ],
  purge: ({ id }) => [['purge', id, '--yes', ...waiting]],
  restore: ({ id }) => [['restore', id, ...waiting]],
};

/** Commands that take no profile. */
const withoutProfile = new Set(['completion', 'version', 'help']);

/** Every command of the program as it is typed. Throws where one has no line, or a line has no command. */
export function everyCommand(at: Spoken): Lines {
  const paths = commands.map((entry) => entry.path).sort();
  const known = Object.keys(linesOf).sort();
  if (paths.join() !== known.join()) throw new Error(`commands are ${paths.join()}, lines are there for ${known.join()}`);
  return Object.entries(linesOf).flatMap(([command, lines]) =>
    lines(at).map((line) => (withoutProfile.has(command) ? line : [...line, '-p', at.profile])),
  );
}
