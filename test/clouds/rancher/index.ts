import { randomUUID } from 'node:crypto';
import type { Cloud, RunningCloud, Seed } from '../../conformance/cloud.ts';
import { startFakeServer } from '../../support/fake-server.ts';
import { imageId } from './ids.ts';
import { homeProject, keys, type KeyName } from './keys.ts';
import { begin, settle, type Pace, type Row } from './machine.ts';
import { answerTo, type Server, type Tricks } from './server.ts';
import { releaseOf, type Version } from './versions.ts';

export interface RancherOptions {
  readonly version?: Version;
  /** The key of the profile; null: a server without access control. Default: an environment key. */
  readonly key?: KeyName | null;
  /** Path of the profile's url; default: the newest API version, scoped to the project. */
  readonly path?: string;
  /** Ms that one transition takes; default 60. */
  readonly transitionMs?: number;
  readonly tricks?: Partial<Tricks>;
}

/** The fake with what tests may do behind the driver's back. */
export interface RunningRancher extends RunningCloud {
  readonly origin: string;
  readonly tricks: Tricks;
  readonly pace: Pace;
  /** Ids of all images, removed ones too. */
  ids(): readonly string[];
  /** The row behind an id, to be looked at and changed. */
  row(id: string): Row;
  /** Puts an image in as it is given. */
  put(row: Partial<Row>): string;
  /** Puts an image before all others, so that every page moves on by one. */
  putFirst(): void;
  /** Begins a process as somebody else would. */
  start(id: string, process: string): void;
  /** Moves the server's clock. */
  advance(ms: number): void;
}

interface RancherCloud extends Cloud {
  start(): Promise<RunningRancher>;
}

const seededStates = { active: 'active', inactive: 'inactive', queued: 'requested', removed: 'removed' };
const firstCreated = Date.parse('2017-03-01T10:00:00Z');

const noTricks: Tricks = { opaqueActions: false, opaqueMarkers: false, nextLoops: false, numericIds: false, conflicts: 0 };

/**
 * A fake of Rancher 1.x, written from the facts about its sources and recorded answers: it proves that a driver agrees
 * with those, not with a live server.
 */
export function rancherCloud(options: RancherOptions = {}): RancherCloud {
  return { wire: true, start: () => startRancher(options) };
}

async function startRancher(options: RancherOptions): Promise<RunningRancher> {
  const release = releaseOf(options.version ?? '1.6');
  let skewMs = 0;
  const server: Server = {
    release,
    rows: [],
    pace: { transitionMs: options.transitionMs ?? 60 },
    tricks: { ...noTricks, ...options.tricks },
    open: options.key === null,
    now: () => Date.now() + skewMs,
  };
  const { pace, rows, tricks } = server;
  const fake = await startFakeServer((request) => answerTo(server, request));
  const path = options.path ?? `/${release.apiVersions.at(-1) ?? 'v1'}/projects/${homeProject}`;
  const key = options.key === null ? undefined : keys[options.key ?? 'project'];

  function put(row: Partial<Row>): string {
    const number = row.number ?? (rows.at(-1)?.number ?? 0) + 1;
    const usual = {
      accountId: key?.role === 'superadmin' && !path.includes('/projects/') ? key.account : homeProject,
      uuid: randomUUID(),
      createdAt: firstCreated + number * 60_000,
      name: `img-${number}`,
      description: null,
    };
    rows.push({ ...usual, state: 'active', removedAt: null, removeTime: null, failure: null, percent: null, ...row, number });
    return imageId(number);
  }
  const rowOf = (id: string): Row => {
    const row = rows.find(({ number }) => imageId(number) === id);
    if (!row) throw new Error(`the fake has no image ${id}`);
    settle(release, row, pace, server.now());
    return row;
  };

  return {
    origin: fake.origin,
    tricks,
    pace,
    values: {
      url: `${fake.origin}${path}`,
      ...(key === undefined ? {} : { accessKey: key.accessKey, secretKey: key.secretKey }),
    },
    // Records of container images have neither data nor tags nor properties, and no user sees whether they are public.
    seed: async (images: readonly Seed[]) =>
      images.map(({ name, status, description }) =>
        put({ name, state: seededStates[status ?? 'active'], description: description ?? null }),
      ),
    strangers: async (name) => ({ private: put({ name, accountId: '1a99' }) }),
    work(state) {
      // The record is all that there is.
      if (state === 'forgotten') return undefined;
      const failure = state === 'failed' ? 'no host' : null;
      const image = put({ state: 'active', percent: 40, failure });
      if (state === 'failed') return { job: { verb: 'deactivate', image }, message: 'no host' };
      pace.stick = true;
      begin(release, rowOf(image), 'deactivate', pace, server.now());
      return { job: { verb: 'deactivate', image }, percent: 40, message: 'In Progress' };
    },
    stored: (id) => rowOf(id) as object as Record<string, unknown>,
    requests: () => fake.requests(),
    forget: () => fake.forget(),
    fail: (fault) => fake.fail(fault),
    stop: () => fake.stop(),
    row: rowOf,
    put,
    putFirst() {
      put({ number: 1000 });
      rows.unshift(...rows.splice(-1));
    },
    ids: () => rows.map(({ number }) => imageId(number)),
    start(id, process) {
      if (!begin(release, rowOf(id), process, pace, server.now()))
        throw new Error(`${process} does not start from ${rowOf(id).state}`);
    },
    advance: (ms) => void (skewMs += ms),
  };
}
