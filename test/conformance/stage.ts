import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, it, type TestContext } from 'vitest';
import { makeCall } from '../../src/core/call.ts';
import type { Driver } from '../../src/core/driver.ts';
import { ImgctlError, type Code } from '../../src/core/errors.ts';
import type { Image } from '../../src/core/image.ts';
import type { Call, Description, ExtraValues, ListRequest, Note, OperationName } from '../../src/core/operation.ts';
import { openSession, type OpenSession } from '../support/open-session.ts';
import type { Cloud, RunningCloud, Seed } from './cloud.ts';
import { watched, type Begun } from './jobs.ts';
import { awaited } from '../support/awaited.ts';

export interface ConformanceOptions {
  readonly cloud: Cloud;
  readonly title?: string;
  /** How many images take at least three pages of a list; default 60 where requests can be seen, else 12. */
  readonly threePages?: number;
  /** `none`: the provider gives every list at once. Default: a list comes in pages. */
  readonly pages?: 'none';
  /** An id of the provider's form that no image has. Default: a UUID. */
  readonly missingId?: string;
  /** The provider's JSON error with these words as its message. Needed where the cloud has a wire. */
  readonly errorBody?: (words: string) => string;
  /** Whom images are shared with; default a made-up id. */
  readonly partner?: string;
  /** Id of a disk that an image can be made from. Needed where `create` takes only disks. */
  readonly disk?: string;
  /** Values of fields that the suite cannot choose well for this provider; `owner` is tried only when given here. */
  readonly samples?: Partial<Description>;
  /** Inputs of the provider's own that a verb cannot do without. */
  readonly extras?: Partial<Record<OperationName, ExtraValues>>;
  /** An administrator's eye: what is others' comes into sight where all is asked for, and may be changed. */
  readonly seesEverybody?: boolean;
  /** Inputs with which a verb answers before its work is done, where it does not always. */
  readonly laterExtras?: Partial<Record<OperationName, ExtraValues>>;
  /** A URL from which the provider takes an import, and is not done with its answer. */
  readonly importUrl?: string;
  /** Verbs that cannot begin anything on this cloud although their facts say that they may, each with the reason in writing. */
  readonly idle?: Partial<Record<OperationName, string>>;
  /** Pause between two looks, ms; default 20. */
  readonly pollMs?: number;
  /** Tests that this cloud cannot pass, by name, each with the reason in writing: they must fail, or they are no exceptions. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

export interface TestCall extends Call {
  /** What was said, but for how many images are expected. */
  readonly notes: Note[];
  readonly expected: number[];
}

/** A call as the program makes one. Without a signal it cannot be stopped. */
export function testCall(signal: AbortSignal = new AbortController().signal, retries = 0): TestCall {
  const notes: Note[] = [];
  const expected: number[] = [];
  const note = (event: Note): void => void (event.kind === 'expected' ? expected.push(event.images) : notes.push(event));
  return { ...makeCall({ signal, retries, limits: { waitTimeout: 10_000, pollInterval: 5 }, note }), notes, expected };
}

/** Everything of one scope, nothing filtered. */
export const everything: ListRequest = { filters: {}, own: {}, scope: 'mine', hidden: false };

/** All that a list gives. */
export async function allOf<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The imgctl error that the work ends with. Throws when it succeeds or fails with anything else. */
export async function failure(work: Promise<unknown>): Promise<ImgctlError> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in outcome) throw new Error(`it should have failed, and gave ${JSON.stringify(outcome.value)}`);
  if (outcome.error instanceof ImgctlError) return outcome.error;
  throw new Error(`it failed with something that is no ImgctlError: ${String(outcome.error)}`, { cause: outcome.error });
}

/** As `failure`, and of one of these kinds. */
export async function failureOf(work: Promise<unknown>, ...codes: readonly Code[]): Promise<ImgctlError> {
  const error = await failure(work);
  if (!codes.includes(error.code))
    throw new Error(`expected ${codes.join(' or ')}, got ${error.code}: ${error.message}`, { cause: error });
  return error;
}

/** What the tests of one driver on one cloud share: a running cloud, an open session and short ways to use them. */
export interface Stage extends ConformanceOptions {
  readonly driver: Driver;
  readonly missing: string;
  cloudNow(): RunningCloud;
  open(): OpenSession;
  /** What verbs said so far of work that goes on. */
  readonly begun: Begun;
  unique(word: string): string;
  seed(...images: readonly Seed[]): Promise<readonly string[]>;
  /** An active image with data, and its id. */
  active(more?: Partial<Seed>): Promise<string>;
  show(id: string): Promise<Image>;
  list(request?: Partial<ListRequest>): Promise<readonly Image[]>;
  /** Own images whose name begins with this, whatever their state. */
  named(prefix: string): Promise<readonly Image[]>;
  /** Looks again until `done`; throws when the image has failed or patience is at its end. */
  settle(id: string, verb: OperationName, done: (image: Image) => boolean): Promise<Image>;
  /** A test of this stage; skipped where the options say so. */
  test(name: string, run: (context: TestContext) => Promise<void>): void;
  /** Removes the image at the end of all tests, where the cloud outlives them. */
  tidy(id: string): string;
}

const seedBytes = 256 * 1024;
/** Longest wait for work that goes on after the answer. */
const patienceMs = 60_000;

export function makeStage(driver: Driver, options: ConformanceOptions): Stage {
  const run = randomBytes(3).toString('hex');
  const made = new Set<string>();
  const unusedExceptions = new Map(Object.entries(options.exceptions ?? {}));
  let running: RunningCloud | undefined;
  let opened: OpenSession | undefined;
  let count = 0;

  const cloudNow = (): RunningCloud => {
    if (!running) throw new Error('the cloud has not been started');
    return running;
  };
  const begun: Begun = new Map();
  const open = (): OpenSession => (opened ??= openWatched());
  const openWatched = (): OpenSession => {
    const there = openSession(driver, cloudNow().values, { traced: false });
    return { ...there, session: watched(there.session, begun) };
  };

  beforeAll(async () => {
    running = await options.cloud.start();
  }, 180_000);
  beforeEach(() => running?.forget());
  afterAll(async () => {
    if (unusedExceptions.size > 0) throw new Error(`no test is called ${[...unusedExceptions.keys()].join(', ')}`);
    const remove = running && !options.cloud.wire ? open().session.find('delete') : undefined;
    for (const id of remove ? made : []) await remove?.run({ id }, testCall()).catch(() => undefined);
    await running?.stop();
  }, 180_000);

  const stage: Stage = {
    ...options,
    driver,
    missing: options.missingId ?? '00000000-0000-4000-8000-00000000dead',
    cloudNow,
    open,
    begun,
    unique: (word) => `c${run}-${(count += 1)}-${word}`,
    async seed(...images) {
      const ids = await cloudNow().seed(images);
      for (const id of ids) made.add(id);
      return ids;
    },
    async active(more = {}) {
      const data = Buffer.alloc(seedBytes, stage.unique('data'));
      const [id] = await stage.seed({ name: stage.unique('seeded'), status: 'active', data, ...more });
      if (id === undefined) throw new Error('seed gave no id');
      cloudNow().forget();
      return id;
    },
    show: (id) => open().session.require('show').run({ id }, testCall()),
    list: (request = {}) =>
      allOf(
        open()
          .session.require('list')
          .run({ ...everything, ...request }, testCall()),
      ),
    named: async (prefix) => (await stage.list({ hidden: true })).filter((image) => image.name.startsWith(prefix)),
    async settle(id, verb, done) {
      const since = new Date(Date.now() - 5_000).toISOString();
      const until = Date.now() + patienceMs;
      for (;;) {
        const image = await awaited(open().session, { verb, image: id, since });
        if (done(image)) return image;
        if (image.status === 'failed') throw new Error(`${id} failed: ${image.progress?.message ?? image.providerStatus}`);
        if (Date.now() > until) throw new Error(`${id} is still ${image.status} (${image.providerStatus}) after ${verb}`);
        await new Promise((resolve) => setTimeout(resolve, options.pollMs ?? 20));
      }
    },
    test(name, work) {
      const reason = options.exceptions?.[name];
      unusedExceptions.delete(name);
      if (reason === undefined) it(name, work);
      else it.fails(`${name} (does not: ${reason})`, work);
    },
    tidy(id) {
      made.add(id);
      return id;
    },
  };
  return stage;
}
