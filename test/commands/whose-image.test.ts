import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../clouds/linode/index.ts';
import { privateImage, publicImage } from '../clouds/linode/records.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { projects } from '../clouds/openstack/keystone.ts';
import { fillImage, newImage } from '../clouds/openstack/store.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
const [demo = '', alt = '', admin = ''] = ['demo', 'alt', 'admin'].map((name) => projects[name]);

describe('whose image a name means, at openstack', () => {
  let cloud: OpenstackCloud;
  let env: Readonly<Record<string, string>>;
  beforeEach(async () => {
    cloud = await startOpenstack();
    env = {
      ...profileVariables('d', 'openstack', cloud.valuesFor('demo')),
      ...profileVariables('a', 'openstack', cloud.valuesFor('root')),
    };
  });
  afterEach(() => cloud.stop());

  /** An active image of a project; `offered` to demo in this state. */
  function put(owner: string, name: string, visibility: string, more: { offered?: string; queued?: true } = {}): string {
    const kept = newImage(cloud.one.store, owner, { name, visibility, disk_format: 'raw', container_format: 'bare' });
    if (!more.queued) fillImage(kept, Buffer.alloc(1024, name), ['fast']);
    if (more.offered) kept.members.set(demo, { status: more.offered, created_at: '2026-01-01T00:00:00Z' });
    return String(kept.wire.id);
  }
  const run = (...args: string[]) => stage.run(args, { env });
  const idOf = async (...args: string[]) => (await run(...args, '-o', 'id')).stdout.trim();
  const isThere = (id: string): boolean => cloud.one.store.images.has(id);

  const reading: readonly string[][] = [['show'], ['resolve'], ['wait'], ['resolve', '--latest'], ['show', '--latest']];
  it.each(reading)(
    '%s %s goes from own images to shared and on to public ones, and never to strangers',
    async (...[verb = '', ...options]: string[]) => {
      const own = put(demo, 'web', 'private');
      put(alt, 'web', 'community');
      put(alt, 'web', 'public');
      put(alt, 'web', 'shared', { offered: 'accepted' });
      const shared = put(alt, 'golden', 'shared', { offered: 'accepted' });
      put(alt, 'golden', 'public');
      const open = put(alt, 'base', 'public');
      put(alt, 'base', 'community');
      put(alt, 'offer', 'shared', { offered: 'pending' });
      const community = put(alt, 'squat', 'community');
      for (const [name, id] of [
        ['web', own],
        ['golden', shared],
        ['base', open],
      ] as const)
        expect(await idOf(verb, `d:${name}`, ...options), name).toBe(id);
      for (const name of ['offer', 'squat']) expect((await run(verb, `d:${name}`, ...options)).exitCode, name).toBe(5);
      expect(await idOf(verb, `d:${community}`)).toBe(community);
      expect((await run(verb, 'd:squat')).stderr).toContain(community);
    },
  );

  const changing: readonly string[][] = [
    ['patch', '--tag', 'x'],
    ['deactivate'],
    ['delete', '--yes'],
    ['share', '--with', alt],
    ['unshare', '--with', alt],
    ['replicate', '--to', 'cheap'],
  ];
  it.each(changing)(
    '%s by name reaches own images only, as an administrator too',
    async (...[verb = '', ...options]: string[]) => {
      const before = [put(alt, 'web', 'private'), put(demo, 'web', 'public'), put(alt, 'web', 'community')];
      cloud.forget();
      const result = await run(verb, 'a:web', ...options);
      expect(result.exitCode, result.stderr).toBe(5);
      expect(before.every(isThere)).toBe(true);
      expect(cloud.requests().filter(({ method, path }) => method !== 'GET' && !path.includes('/auth/'))).toEqual([]);
    },
  );

  it.each(['fail', 'skip', 'replace', 'rename'])('a name that only others have is free: --if-exists %s', async (ifExists) => {
    const others = [put(demo, 'web', 'private'), put(alt, 'web', 'community'), put(alt, 'web', 'public')];
    const file = stage.write('disk.raw', smallDisk());
    const made = await run('upload', file, '--name', 'a:web', '--if-exists', ifExists, '--yes', '-o', 'json');
    expect(made.exitCode, made.stderr).toBe(0);
    expect(made.json()).toMatchObject({ name: 'web', owner: admin });
    expect(others.every(isThere)).toBe(true);
  });

  it('replaces an own image, and refuses a protected one before a byte is sent', async () => {
    const own = put(demo, 'web', 'private');
    const file = stage.write('disk.raw', smallDisk());
    expect((await run('upload', file, '--name', 'd:web')).exitCode).toBe(6);
    expect((await run('upload', file, '--name', 'd:web', '--if-exists', 'replace', '--yes')).exitCode).toBe(0);
    expect(isThere(own)).toBe(false);
    const locked = put(demo, 'locked', 'private');
    Object.assign(cloud.one.store.images.get(locked)?.wire ?? {}, { protected: true });
    cloud.forget();
    expect((await run('upload', file, '--name', 'd:locked', '--if-exists', 'replace', '--yes')).exitCode).toBe(6);
    expect(cloud.requests().filter(({ method }) => method === 'PUT')).toEqual([]);
  });

  const uuid = 'deadbeef-0000-4000-8000-000000000000';
  const byLook: readonly string[][] = [
    ['show'],
    ['resolve'],
    ['wait'],
    ['patch', '--tag', 'x'],
    ['deactivate'],
    ['download', 'f'],
    ['delete', '--yes'],
  ];
  it.each(byLook)('%s finds an image whose name looks like an id', async (...[verb = '', ...options]: string[]) => {
    const id = put(demo, uuid, 'private');
    const result = await run(verb, `d:${uuid}`, ...options.map((word) => (word === 'f' ? stage.file('f') : word)), '-o', 'json');
    expect(result.exitCode, result.stderr).toBe(0);
    if (verb === 'delete') expect(isThere(id)).toBe(false);
    expect((await run(verb, 'd:deadbeef-1111-4000-8000-000000000000', ...options)).exitCode).toBe(5);
  });

  it('an ambiguous name lists id, owner, status and time; --latest takes the newest that is active', async () => {
    const [older, newer, queued] = [
      put(demo, 'web', 'private'),
      put(demo, 'web', 'shared'),
      put(demo, 'web', 'private', { queued: true }),
    ];
    Object.assign(cloud.one.store.images.get(older)?.wire ?? {}, { created_at: '2020-01-01T00:00:00Z' });
    const { hint } = errorOf(await run('delete', 'd:web', '--yes', '--json'));
    for (const id of [older, newer, queued]) expect(hint).toContain(`${id}  ${demo}  `);
    expect(await idOf('resolve', 'd:web', '--latest')).toBe(newer);
    expect(await idOf('resolve', 'd:w*', '--latest')).toBe(newer);
    put(demo, 'broken', 'private', { queued: true });
    expect((await run('resolve', 'd:broken', '--latest')).exitCode).toBe(6);
  });

  it('a glob stays within one circle', async () => {
    const own = put(demo, 'web-1', 'private');
    put(alt, 'web-2', 'public');
    put(alt, 'web-3', 'community');
    expect(await idOf('resolve', 'd:web-*')).toBe(own);
  });

  it.each(['debian:12', 'x:b:c', 'in:x', 'eq:1'])(
    'finds an image called %s, and says of a mistyped profile that there is none',
    async (name) => {
      const id = put(demo, name, 'private');
      expect(await idOf('show', name, '-p', 'd')).toBe(id);
      const missing = await run('show', 'nope:web', '-p', 'd');
      expect(missing.exitCode).toBe(5);
      expect(missing.stderr).toContain('no such profile: nope');
    },
  );
});

describe('whose image a name means, at linode', () => {
  let cloud: RunningLinode;
  let env: Readonly<Record<string, string>>;
  beforeEach(async () => {
    cloud = await startLinode({ listsPerMinute: 1000 });
    env = profileVariables('lin', 'linode', cloud.values);
    for (const image of [
      publicImage('debian', { label: 'Debian' }),
      publicImage('web', { label: 'web' }),
      { ...privateImage(9, { label: 'golden', status: 'available', is_shared: null, type: 'shared' }), id: 'shared/9' },
      publicImage('golden', { label: 'golden' }),
      privateImage(8, { label: 'web', status: 'available' }),
    ])
      cloud.account.images.set(image.id, image);
  });
  afterEach(() => cloud.stop());

  it('is the own one first, then the shared, then the public', async () => {
    for (const [name, id] of [
      ['web', 'private/8'],
      ['golden', 'shared/9'],
      ['Debian', 'linode/debian'],
    ] as const)
      expect((await stage.run(['resolve', `lin:${name}`], { env })).stdout, name).toBe(`${id}\n`);
  });

  it('is an own one only, where something is changed', async () => {
    for (const name of ['golden', 'Debian'])
      expect((await stage.run(['delete', `lin:${name}`, '--yes'], { env })).exitCode, name).toBe(5);
    expect((await stage.run(['patch', 'lin:web', '--description', 'x'], { env })).exitCode).toBe(0);
  });
});
