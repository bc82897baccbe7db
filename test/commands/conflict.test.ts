import { afterEach, describe, expect, it } from 'vitest';
import { startLinode } from '../clouds/linode/index.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { rancherCloud } from '../clouds/rancher/index.ts';
import type { Fault } from '../conformance/cloud.ts';
import { commandStage, profileVariables } from './stage.ts';

const stage = commandStage();
const ends: (() => Promise<void>)[] = [];
afterEach(async () => void (await Promise.all(ends.splice(0).map((end) => end()))));

/** An image in a cloud, and somebody else who sets one of its fields before the second look at it. */
interface Shared {
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
  /** `field` by the provider's own name. */
  meanwhile(field: string, value: unknown): void;
  now(): Readonly<Record<string, unknown>>;
  writes(): number;
  /** Refuses the next POST for a moment, so that it is tried twice. */
  refuseOnce(): void;
}

type Started = {
  readonly values: Readonly<Record<string, string>>;
  seed(images: readonly { name: string; description?: string; tags?: readonly string[] }[]): Promise<readonly string[]>;
  fail(fault: Fault): void;
  requests(): readonly { method: string }[];
  stop(): Promise<void>;
};

async function shared(provider: string, cloud: Started, wireOf: (id: string) => Record<string, unknown>): Promise<Shared> {
  ends.push(() => cloud.stop());
  const [id = ''] = await cloud.seed([{ name: 'web', description: 'before', tags: ['first'] }]);
  const state: { looks: number; change?: readonly [string, unknown] } = { looks: 0 };
  // A fault that never comes about: it only watches requests go by.
  const on = ({ method, path }: { method: string; path: string }): boolean => {
    if (method === 'GET' && decodeURIComponent(path).endsWith(id)) state.looks += 1;
    if (state.looks === 2 && state.change) wireOf(id)[state.change[0]] = state.change[1];
    return false;
  };
  cloud.fail({ kind: 'drop', times: 1, on });
  return {
    id,
    env: profileVariables('x', provider, cloud.values),
    meanwhile: (field, value) => void (state.change = [field, value]),
    now: () => wireOf(id),
    refuseOnce: () =>
      cloud.fail({ kind: 'answer', status: 429, headers: { 'retry-after': '0.1' }, on: ({ method }) => method === 'POST' }),
    writes: () => cloud.requests().filter(({ method }) => method === 'PUT' || method === 'PATCH').length,
  };
}

const clouds: Readonly<Record<string, { readonly name: string; start(): Promise<Shared> }>> = {
  openstack: {
    name: 'name',
    async start() {
      const cloud = await startOpenstack();
      return shared('openstack', cloud, (id) => cloud.one.store.images.get(id)?.wire ?? {});
    },
  },
  linode: {
    name: 'label',
    async start() {
      const cloud = await startLinode();
      return shared('linode', cloud, (id) => (cloud.account.images.get(id) ?? {}) as Record<string, unknown>);
    },
  },
  rancher: {
    name: 'name',
    async start() {
      const cloud = await rancherCloud({ transitionMs: 5, key: 'superadmin' }).start();
      return shared('rancher', cloud, (id) => cloud.row(id) as object as Record<string, unknown>);
    },
  },
};

describe.each(Object.keys(clouds))('a patch document while somebody else writes, at %s', (provider) => {
  const { name = '', start } = clouds[provider] ?? { start: () => Promise.reject(new Error('no such cloud')) };
  const document = JSON.stringify([
    { op: 'test', path: '/description', value: 'before' },
    { op: 'replace', path: '/description', value: 'ours' },
  ]);

  it('is refused with 6, and what has changed, where both set the same field', async () => {
    const image = await start();
    image.meanwhile('description', 'theirs');
    const patched = await stage.run(['patch', `x:${image.id}`, '--json-patch', '-', '-o', 'json'], {
      env: image.env,
      stdin: document,
    });
    expect([patched.exitCode, patched.stdout]).toEqual([6, '']);
    expect(JSON.parse(patched.stderr)).toMatchObject({
      error: { code: 'CONFLICT', message: expect.stringContaining('description was "before" and is "theirs" now') as string },
    });
    expect([image.now().description, image.writes()]).toEqual(['theirs', 0]);
  });

  it('leaves what they did to other fields', async () => {
    const image = await start();
    image.meanwhile(name, 'theirs');
    await stage.ok(['patch', `x:${image.id}`, '--merge-patch', '-'], { env: image.env, stdin: '{"description":"ours"}' });
    expect(image.now()).toMatchObject({ [name]: 'theirs', description: 'ours' });
  });

  if (provider === 'rancher') return;
  it('or to other tags', async () => {
    const image = await start();
    image.meanwhile('tags', ['first', 'theirs']);
    await stage.ok(['patch', `x:${image.id}`, '--tag', 'ours'], { env: image.env });
    expect([...(image.now().tags as readonly string[])].sort()).toEqual(['first', 'ours', 'theirs']);
  });
});

describe('regions of an image while somebody else replicates it', () => {
  const there = (...names: readonly string[]) => names.map((region) => ({ region, status: 'available' }));

  it('are added to theirs, where the write has to be tried again', async () => {
    const image = await (clouds.linode?.start() ?? Promise.reject(new Error('no linode')));
    image.refuseOnce();
    image.meanwhile('regions', there('us-ord', 'us-sea'));
    await stage.ok(['replicate', `x:${image.id}`, '--to', 'us-iad', '--no-wait'], { env: image.env });
    expect(image.now().regions).toMatchObject([{ region: 'us-ord' }, { region: 'us-sea' }, { region: 'us-iad' }]);
  });

  it('are not dropped by an exact set that was made up without them', async () => {
    const image = await (clouds.linode?.start() ?? Promise.reject(new Error('no linode')));
    image.meanwhile('regions', there('us-ord', 'us-sea'));
    const args = ['replicate', `x:${image.id}`, '--exactly', 'us-ord,us-iad', '--no-wait', '--yes'];
    // The first look is for the question what goes.
    const { exitCode } = await stage.run(args, { env: image.env });
    expect([exitCode, image.now().regions]).toEqual([6, there('us-ord', 'us-sea')]);
  });
});
