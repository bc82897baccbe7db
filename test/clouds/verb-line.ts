import path from 'node:path';
import type { CliResult } from '../support/run-cli.ts';
import type { Bed } from './bed.ts';
import { diskBytes } from '../support/content.ts';
import { seedData, type BedCloud, type Held, type SeedState } from './bed-cloud.ts';

/** One verb at one cloud, as it is typed. */
export interface VerbLine {
  readonly provider: string;
  /** Which of the provider's clouds it is typed at; absent: the one that bears its name. */
  readonly cloud?: string;
  readonly verb: string;
  /** State of the image that it is done to; its name is `web`. */
  readonly status?: SeedState;
  /** What is got ready besides, while nothing goes wrong yet. */
  before?(bed: Bed): Promise<void>;
  args(id: string, bed: Bed): readonly string[];
  readonly stdin?: Uint8Array;
  /** Whether it was really done, as the fake or a file shows. Absent: `shows` must be on stdout. */
  done?(cloud: BedCloud, id: string, bed: Bed, result: CliResult): boolean | Promise<boolean>;
  /** What stdout must hold where the verb succeeds. Default: the id. */
  readonly shows?: string;
  /** Which requests the verb is about: those that change something, those for the disk, or all but the sign-in. */
  readonly about: 'changes' | 'disk' | 'all';
}

export const waiting = ['--wait-timeout', '5s', '--poll-interval', '20ms'];

export const heldOf = (cloud: BedCloud, id: string): Held | undefined => cloud.held().find((image) => image.id === id);
export const named = (name: string) => (cloud: BedCloud) => cloud.held().some((image) => image.name === name);
/** An image of that name can be used, and has these bytes where the fake keeps them. */
export const holds = (name: string, data: Buffer) => (cloud: BedCloud) =>
  cloud.held().some((image) => image.name === name && image.active && (image.data?.equals(data) ?? false));
export const inState =
  (...states: readonly string[]) =>
  (cloud: BedCloud, id: string) =>
    states.includes(heldOf(cloud, id)?.status ?? 'gone');
export const inPlace = (place: string, isThere: boolean) => (cloud: BedCloud, id: string) =>
  heldOf(cloud, id)?.places?.includes(place) === isThere;

const disk = diskBytes('raw', 200_192);
/** Its ending promises no format: a cloud may keep a disk wrapped. */
const outName = 'out.img';
const out = (bed: Bed): string => path.join(bed.home.folder, outName);

/** Verbs that read, as every provider has them. */
export const reading = (provider: string): readonly VerbLine[] => [
  { provider, verb: 'list', about: 'all', args: () => ['list', '-o', 'json'] },
  { provider, verb: 'show', about: 'all', args: (id) => ['show', id, '-o', 'json'] },
  { provider, verb: 'show by name', about: 'all', args: () => ['show', 'web', '-o', 'json'] },
  { provider, verb: 'resolve', about: 'all', args: () => ['resolve', 'web'] },
  { provider, verb: 'wait', about: 'all', args: (id) => ['wait', id, '--for', 'active', ...waiting, '-o', 'json'] },
  { provider, verb: 'profile check', about: 'all', args: () => ['profile', 'check', '-o', 'json'], shows: '"who"' },
];

export const patching = (provider: string): VerbLine => ({
  provider,
  verb: 'patch',
  about: 'changes',
  args: (id) => ['patch', id, '--name', 'other'],
  done: named('other'),
});

export const creating = (provider: string): VerbLine => ({
  provider,
  verb: 'create',
  about: 'changes',
  args: () => ['create', 'new'],
  done: named('new'),
});

export const deleting = (provider: string, ...gone: readonly string[]): VerbLine => ({
  provider,
  verb: 'delete',
  about: 'changes',
  args: (id) => ['delete', id, '--yes', ...waiting],
  done: inState('gone', ...gone),
});

export const deactivating = (provider: string, state = 'inactive'): VerbLine => ({
  provider,
  verb: 'deactivate',
  about: 'changes',
  args: (id) => ['deactivate', id, ...waiting],
  done: inState(state),
});

export const reactivating = (provider: string): VerbLine => ({
  provider,
  verb: 'reactivate',
  about: 'changes',
  status: 'inactive',
  args: (id) => ['reactivate', id, ...waiting],
  done: inState('active'),
});

/** Into another place, and out of it again. */
export const replicating = (provider: string, place: string): readonly [VerbLine, VerbLine] => [
  {
    provider,
    verb: 'replicate',
    about: 'changes',
    args: (id) => ['replicate', id, '--to', place, ...waiting],
    done: inPlace(place, true),
  },
  {
    provider,
    verb: 'replicate --remove',
    about: 'changes',
    status: 'two places',
    args: (id) => ['replicate', id, '--remove', place, '--yes', ...waiting],
    done: inPlace(place, false),
  },
];

/** `isWhole`: whether a cloud holds that disk under the name `new`; a cloud may keep it wrapped. */
export const uploading = (provider: string, isWhole: (disk: Buffer) => NonNullable<VerbLine['done']>): VerbLine => ({
  provider,
  verb: 'upload',
  about: 'changes',
  args: (_id, bed) => ['upload', bed.file('disk.raw', disk), '--name', 'new', ...waiting],
  done: isWhole(disk),
});

/** Uploads that only clouds have that keep the disk as it is and records without one. */
export const fillings = (provider: string): readonly VerbLine[] => [
  {
    provider,
    verb: 'upload from stdin',
    about: 'changes',
    stdin: disk,
    args: () => ['upload', '-', '--name', 'new', '--disk-format', 'raw', ...waiting],
    done: holds('new', disk),
  },
  {
    provider,
    verb: 'upload into a queued record',
    about: 'changes',
    status: 'queued',
    args: (id, bed) => ['upload', bed.file('disk.raw', disk), '--into', id, ...waiting],
    done: holds('web', disk),
  },
];

/** `kept`: the seeded disk as the cloud keeps it. */
export const downloading = (provider: string, kept: Buffer = seedData): readonly VerbLine[] => [
  {
    provider,
    verb: 'download',
    about: 'disk',
    args: (id, bed) => ['download', id, out(bed)],
    done: (_cloud, _id, bed) => bed.read(outName)?.equals(kept) ?? false,
  },
  {
    provider,
    verb: 'download to stdout',
    about: 'disk',
    args: (id) => ['download', id, '-'],
    done: (_cloud, _id, _bed, { bytes }) => bytes.equals(kept),
  },
  {
    provider,
    verb: 'copy',
    about: 'changes',
    args: (id) => ['copy', `x:${id}`, 'x:new', ...waiting],
    done: holds('new', kept),
  },
  {
    provider,
    verb: 'copy to the local store',
    about: 'disk',
    args: (id) => ['copy', `x:${id}`, 'local:new'],
    async done(_cloud, _id, bed) {
      await bed.run('download', 'local:new', out(bed));
      return bed.read(outName)?.equals(kept) ?? false;
    },
  },
];

export const copyingFromHere = (provider: string, isWhole: (disk: Buffer) => NonNullable<VerbLine['done']>): VerbLine => ({
  provider,
  verb: 'copy from the local store',
  about: 'changes',
  async before(bed) {
    const { exitCode, stderr } = await bed.run('upload', bed.file('disk.raw', disk), '--name', 'local:home');
    if (exitCode !== 0) throw new Error(stderr);
  },
  args: () => ['copy', 'local:home', 'x:new', ...waiting],
  done: isWhole(disk),
});
