import type { Cloud, Fault, RunningCloud, Seed, SeenRequest, Work } from '../../conformance/cloud.ts';
import type { Job } from '../../../src/core/job.ts';
import { startFakeServer, type FakeServer } from '../../support/fake-server.ts';
import { answerApi } from './api.ts';
import { privateImage, publicImage } from './records.ts';
import { Account, entityOf, type LinodeOptions } from './state.ts';
import { answerStorage } from './storage.ts';

export interface RunningLinode extends RunningCloud {
  readonly account: Account;
  /** Origin of the API, and of the object store that takes the data. */
  readonly origin: string;
  readonly store: string;
}

/** Requests of several servers in the order in which they began. */
class Order {
  #begun: { server: string; method: string; path: string }[] = [];

  begin(server: string, { method, path }: { method: string; path: string }): void {
    this.#begun.push({ server, method, path });
  }

  forget(): void {
    this.#begun = [];
  }

  /** The requests that the servers saw, in one list. One that is still being read is not among them. */
  merge(seen: Readonly<Record<string, readonly SeenRequest[]>>): readonly SeenRequest[] {
    const left = new Map(Object.entries(seen).map(([server, requests]) => [server, [...requests]]));
    return this.#begun.flatMap(({ server, method, path }) => {
      const queue = left.get(server) ?? [];
      const at = queue.findIndex((request) => request.method === method && request.path === path);
      return at < 0 ? [] : queue.splice(at, 1);
    });
  }
}

/** A fault for whichever server meets it first: its times are counted once for both. */
function failBoth(servers: readonly FakeServer[], fault: Fault): void {
  let left = fault.times ?? 1;
  const on: NonNullable<Fault['on']> = (request) => {
    if (left <= 0 || !(fault.on?.(request) ?? true)) return false;
    left -= 1;
    return true;
  };
  for (const server of servers) server.fail({ ...fault, on, times: Number.MAX_SAFE_INTEGER });
}

function seedImage(account: Account, seed: Seed): string {
  if (seed.isPublic) {
    const image = publicImage(`made-${account.nextNumber()}`, { label: seed.name });
    account.images.set(image.id, image);
    return image.id;
  }
  const image = account.addImage({
    label: seed.name,
    description: seed.description ?? '',
    tags: [...(seed.tags ?? [])],
  });
  // There is no inactive state: such a seed is an image like any other. A KiB of a seed stands for a MB, so that sizes differ.
  if (seed.status !== 'queued') account.finish(image, Math.max(1, Math.ceil((seed.data?.length ?? 0) / 1024)), ['us-ord']);
  return image.id;
}

/** An upload whose data is there. */
function workOn(account: Account, state: 'running' | 'failed' | 'forgotten'): Work {
  const image = account.addImage({ label: 'at work' });
  image.status = 'pending_upload';
  const job: Job = { verb: 'upload', image: image.id };
  if (state === 'forgotten') return { job };
  const told =
    state === 'failed'
      ? { status: 'failed', message: 'Failed to decompress image' }
      : { status: 'started', message: '', percent_complete: 40 };
  Object.assign(account.addEvent('image_upload', entityOf(image)), told);
  return { job, ...(state === 'failed' ? { message: told.message } : { percent: 40 }) };
}

/** A Linode account behind two origins on loopback: the API, and the object store that uploads go to. */
export async function startLinode(options: LinodeOptions = {}): Promise<RunningLinode> {
  const account = new Account(options);
  const order = new Order();
  const watch = (server: string) => (request: { method: string; path: string }) => {
    order.begin(server, request);
    return undefined;
  };
  const storage = await startFakeServer((request) => answerStorage(account, request), watch('storage'));
  const api = await startFakeServer((request) => answerApi(account, request, storage.origin), watch('api'));
  return {
    account,
    origin: api.origin,
    store: storage.origin,
    values: { token: account.token, region: 'us-ord', endpoint: api.origin },
    seed: async (images) => images.map((seed) => seedImage(account, seed)),
    async strangers(name) {
      const made = publicImage(`made-${account.nextNumber()}`, { label: name });
      const number = account.nextNumber();
      const theirs = privateImage(number, { label: name, status: 'available', is_shared: null, type: 'shared' });
      const shared = { ...theirs, id: `shared/${number}` };
      for (const image of [made, shared]) account.images.set(image.id, image);
      return { public: made.id, shared: shared.id };
    },
    work: (state) => workOn(account, state),
    stored: (id) => (account.images.get(id) ?? {}) as Record<string, unknown>,
    requests: () => order.merge({ api: api.requests(), storage: storage.requests() }),
    forget() {
      order.forget();
      api.forget();
      storage.forget();
    },
    fail: (fault) => failBoth([api, storage], fault),
    stop: async () => void (await Promise.all([api.stop(), storage.stop()])),
  };
}

/** The account of the conformance suite: support has raised its limit on lists, as the answers say. */
export const linodeCloud: Cloud = { wire: true, start: () => startLinode({ listsPerMinute: 1_000_000 }) };
