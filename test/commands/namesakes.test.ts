import { afterEach, describe, expect, it } from 'vitest';
import { startLinode } from '../clouds/linode/index.ts';
import { publicImage } from '../clouds/linode/records.ts';
import { startOci } from '../clouds/oci/index.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { projects } from '../clouds/openstack/keystone.ts';
import { fillImage, newImage } from '../clouds/openstack/store.ts';
import { rancherCloud } from '../clouds/rancher/index.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';
import type { CliResult } from '../support/run-cli.ts';

const stage = commandStage();

interface World {
  readonly env: Readonly<Record<string, string>>;
  /** Puts an image of one's own in, under this name. */
  own(name: string): Promise<string>;
  /** Puts images of others in, in every way that the caller may see them. */
  strangers(name: string): void;
  stop(): Promise<void>;
}

const worlds: Readonly<Record<string, () => Promise<World>>> = {
  async local() {
    const made = (name: string) => stage.image(name);
    return { env: {}, own: made, strangers: () => undefined, stop: async () => undefined };
  },
  async openstack() {
    const cloud = await startOpenstack();
    return {
      env: profileVariables('p', 'openstack', cloud.valuesFor('demo')),
      own: async (name) => (await cloud.seed([{ name }]))[0] ?? '',
      strangers(name) {
        for (const visibility of ['public', 'community', 'shared']) {
          const kept = newImage(cloud.one.store, projects.alt ?? '', {
            name,
            visibility,
            disk_format: 'raw',
            container_format: 'bare',
          });
          fillImage(kept, Buffer.alloc(1024, name), ['fast']);
          if (visibility === 'shared')
            kept.members.set(projects.demo ?? '', { status: 'accepted', created_at: '2026-01-01T00:00:00Z' });
        }
      },
      stop: () => cloud.stop(),
    };
  },
  async linode() {
    const cloud = await startLinode({ listsPerMinute: 1_000_000 });
    return {
      env: profileVariables('p', 'linode', cloud.values),
      own: async (name) => (await cloud.seed([{ name }]))[0] ?? '',
      strangers(name) {
        const image = publicImage(`made-${name}`, { label: name });
        cloud.account.images.set(image.id, image);
      },
      stop: () => cloud.stop(),
    };
  },
  async oci() {
    const cloud = await startOci();
    return {
      env: profileVariables('p', 'oci', { ...cloud.values, plainHttp: 'true' }),
      own: async (name) => (await cloud.seed([{ name }]))[0] ?? '',
      strangers: () => undefined,
      stop: () => cloud.stop(),
    };
  },
  async rancher() {
    const cloud = await rancherCloud({ key: 'superadmin' }).start();
    return {
      env: profileVariables('p', 'rancher', cloud.values),
      own: async (name) => (await cloud.seed([{ name }]))[0] ?? '',
      strangers: (name) => void cloud.put({ name, accountId: '1a99' }),
      stop: () => cloud.stop(),
    };
  },
};

describe.each(Object.keys(worlds))('a name that another image has, at %s', (provider) => {
  const profile = provider === 'local' ? 'local' : 'p';
  let world: World | undefined;
  afterEach(async () => world?.stop());
  const begin = async (): Promise<World> => (world = await (worlds[provider] as () => Promise<World>)());
  const run = async (args: readonly string[], stdin?: string): Promise<CliResult> => {
    const result = await stage.run(args, { env: world?.env ?? {}, ...(stdin === undefined ? {} : { stdin }) });
    expect(`${result.exitCode} ${result.stderr}`, args.join(' ')).toMatch(/^0 /);
    return result;
  };
  const createLine = (name: string) => [
    'create',
    `${profile}:${name}`,
    ...(provider === 'linode' ? ['--from-disk', '5', '--no-wait'] : []),
    '-o',
    'id',
  ];
  const said = (id: string) => `image "web" already exists in ${profile} (${id})`;

  it('is told by create, with its id', async () => {
    const other = await (await begin()).own('web');
    const made = await run(createLine('web'));
    expect(made.stderr).toContain(said(other));
    expect((await run([...createLine('free')])).stderr).not.toContain('already exists');
  });

  it('is told by patch, whichever way it renames', async () => {
    const { own } = await begin();
    const other = await own('web');
    for (const [options, document] of [
      [['--name', 'web']],
      [['--json-patch', '-'], '[{"op":"replace","path":"/name","value":"web"}]'],
      [['--merge-patch', '-'], '{"name":"web"}'],
    ] as const) {
      const renamed = await own('old');
      expect((await run(['patch', `${profile}:${renamed}`, ...options], document)).stderr).toContain(other);
      await run(['patch', `${profile}:${renamed}`, '--name', 'away']);
    }
    expect((await run(['patch', `${profile}:${other}`, '--name', 'web'])).stderr).not.toContain('already exists');
  });

  it('is told by the second of two that get one name at once', async () => {
    const { own } = await begin();
    const ids = [await own('a'), await own('b')];
    const both = await Promise.all(ids.map((id) => run(['patch', `${profile}:${id}`, '--name', 'web'])));
    expect(both.some(({ stderr }) => ids.some((id) => stderr.includes(said(id))))).toBe(true);
  });

  it('is not given to several by one command: 2, and none is renamed', async () => {
    const { own } = await begin();
    const ids = [await own('a'), await own('b')].map((id) => `${profile}:${id}`);
    const documents = { '--json-patch': '[{"op":"replace","path":"/name","value":"web"}]', '--merge-patch': '{"name":"web"}' };
    for (const more of [
      ['--name', 'web'],
      ...Object.entries(documents).map(([option, text]) => [option, stage.write('patch', text)]),
    ]) {
      const refused = await stage.run(['patch', ...ids, ...more], { env: world?.env ?? {} });
      expect([refused.exitCode, refused.stdout], more.join(' ')).toEqual([2, '']);
    }
    for (const id of ids) expect((await run(['show', id, '-o', 'json'])).json()).not.toMatchObject({ name: 'web' });
  });

  it('is no news where the other is a stranger', async () => {
    (await begin()).strangers('web');
    expect((await run(createLine('web'))).stderr).not.toContain('already exists');
  });

  if (['local', 'openstack'].includes(provider))
    it('is told by an upload into a record of that name', async () => {
      const { own } = await begin();
      const record = (await run(createLine('web'))).stdout.trim();
      const file = stage.write('disk.raw', smallDisk());
      if (provider === 'openstack') {
        const other = await own('web');
        expect((await run(['upload', file, '--into', `${profile}:${record}`])).stderr).toContain(said(other));
        return;
      }
      const other = (await run(createLine('web'))).stdout.trim();
      expect((await run(['upload', file, '--into', `${profile}:${record}`])).stderr).toContain(said(other));
    });
});
