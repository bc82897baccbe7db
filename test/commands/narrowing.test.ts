import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { projects } from '../clouds/openstack/keystone.ts';
import { fillImage, newImage } from '../clouds/openstack/store.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';

const stage = commandStage();

describe('narrowing a list by what images have not, or have of several', () => {
  beforeEach(async () => {
    await stage.fill(await stage.queued('a', '--tag', 'keep', '--property', 'os=debian', '--disk-format', 'raw'));
    await stage.fill(await stage.queued('b', '--property', 'os=ubuntu'));
    await stage.queued('c', '--tag', 'old', '--disk-format', 'qcow2');
  });
  const named = async (...options: readonly string[]): Promise<string> =>
    (await stage.ok(['list', ...options, '-c', 'name', '--no-header', '--sort', 'name'])).stdout.trim().split('\n').join(' ');

  it.each([
    [['--not-tag', 'keep'], 'b c'],
    [['--not-tag', 'keep', '--not-tag', 'old'], 'b'],
    [['--property', 'os!=debian'], 'b c'],
    [['--property', 'os!=debian', '--property', 'os!=ubuntu'], 'c'],
    [['--property', 'os=debian', '--property', 'x!=1'], 'a'],
    [['--status', 'queued,active'], 'a b c'],
    [['--status', 'ACTIVE'], 'a b'],
    [['--format', 'qcow2,raw', '--status', 'active', '--not-tag', 'keep'], 'b'],
    [['--mine'], 'a b c'],
    [['--owner', 'me', '--tag', 'old'], 'c'],
  ])('%j', async (options, names) => {
    expect(await named(...options)).toBe(names);
  });

  it.each([
    [['--property', 'os'], '--property: "os" is not of the form key=value'],
    [['--property', '!=x'], '--property: "!=x" is not of the form key=value'],
    [['--visibility', 'private,pubic'], '--visibility: "pubic" is not one of public, private, shared, community'],
    [['--status', 'active,queud'], '--status: unknown value: queud'],
    [['--mine', '--all'], '--mine and --all cannot be combined'],
  ])('refuses %j', async (options, message) => {
    const refused = await stage.run(['list', ...options, '--json']);
    expect([refused.exitCode, refused.stdout, errorOf(refused).message]).toEqual([2, '', message]);
  });
});

describe('one’s own among what others share and what is public', () => {
  let cloud: OpenstackCloud;
  beforeEach(async () => {
    cloud = await startOpenstack();
    const plant = (owner: string, name: string, more: object = {}): void => {
      const kept = newImage(cloud.one.store, projects[owner] ?? '', {
        name,
        disk_format: 'raw',
        container_format: 'bare',
        visibility: 'private',
        ...more,
      });
      fillImage(kept, Buffer.alloc(512), ['fast']);
    };
    plant('demo', 'own');
    plant('demo', 'own-shared', { visibility: 'shared' });
    plant('alt', 'theirs-shared', { visibility: 'shared' });
    plant('alt', 'theirs');
    plant('admin', 'everybody’s', { visibility: 'public' });
    const shared = [...cloud.one.store.images.values()].find(({ wire }) => wire.name === 'theirs-shared');
    const id = String(shared?.wire.id);
    await as('alt', 'share', id, '--with', projects.demo ?? '');
    await as('demo', 'share', id, '--accept');
  });
  afterEach(() => cloud.stop());

  const as = (user: string, ...args: readonly string[]): ReturnType<typeof stage.run> =>
    stage.run([...args, '-o', 'json'], {
      env: { ...profileVariables('p', 'openstack', cloud.valuesFor(user)), IMGCTL_PROFILE: 'p' },
    });
  const names = async (user: string, ...options: readonly string[]): Promise<readonly string[]> =>
    ((await as(user, 'list', ...options)).json() as { name: string }[]).map(({ name }) => name).sort();

  it('is what --mine and --owner me list, and the name and id of the project', async () => {
    expect(await names('demo')).toEqual(['own', 'own-shared', 'theirs-shared']);
    for (const options of [['--mine'], ['--owner', 'me'], ['--owner', 'demo'], ['--owner', projects.demo ?? '']])
      expect(await names('demo', ...options), options.join(' ')).toEqual(['own', 'own-shared']);
    expect(await names('demo', '--owner', projects.alt ?? '')).toEqual(['theirs-shared']);
    expect(await names('root', '--mine')).toEqual(['everybody’s']);
  });

  it('is 5, and no empty list, where nobody can tell whose a name is', async () => {
    const unknown = await as('demo', 'list', '--owner', 'somebody');
    expect([unknown.exitCode, unknown.stdout, errorOf(unknown).message]).toEqual([5, '', 'no such owner: somebody']);
  });

  it('is each profile’s own over several', async () => {
    const env = {
      ...profileVariables('d', 'openstack', cloud.valuesFor('demo')),
      ...profileVariables('o', 'openstack', cloud.valuesFor('alt')),
    };
    const both = await stage.ok(
      ['list', '-p', 'd', '-p', 'o', '--mine', '-o', 'csv', '-c', 'profile,name', '--no-header', '--sort', 'name'],
      { env },
    );
    expect(both.stdout.trim().split('\r\n').sort()).toEqual(['d,own', 'd,own-shared', 'o,theirs', 'o,theirs-shared']);
  });
});

describe('one filter of the provider’s own, twice', () => {
  let cloud: OpenstackCloud;
  beforeEach(async () => {
    cloud = await startOpenstack();
    for (const [year, tags] of [
      ['2019', ['a']],
      ['2020', ['a', 'b']],
      ['2021', ['b']],
    ] as const) {
      const kept = newImage(cloud.one.store, projects.demo ?? '', {
        name: `img-${year}`,
        disk_format: 'raw',
        container_format: 'bare',
        visibility: 'private',
        tags,
      });
      fillImage(kept, Buffer.alloc(512), ['fast']);
      kept.wire.created_at = `${year}-06-01T00:00:00Z`;
    }
  });
  afterEach(() => cloud.stop());
  const list = (...options: readonly string[]): ReturnType<typeof stage.run> =>
    stage.run(['list', '-p', 'p', ...options, '-c', 'name', '--no-header'], {
      env: profileVariables('p', 'openstack', cloud.valuesFor('demo')),
    });

  it.each([
    [['created_at=lt:2021-01-01T00:00:00Z', 'created_at=gt:2020-01-01T00:00:00Z'], 'img-2020\n'],
    [['created_at=gt:2020-01-01T00:00:00Z', 'created_at=lt:2021-01-01T00:00:00Z'], 'img-2020\n'],
    [['created_at=gte:2020-06-01T00:00:00Z', 'created_at=lte:2020-06-01T00:00:00Z'], 'img-2020\n'],
    [['tag=a', 'tag=b'], 'img-2020\n'],
    [['created_at=gt:2020-01-01T00:00:00Z'], 'img-2021\nimg-2020\n'],
  ])('%j has both count', async (filters, names) => {
    expect((await list(...filters.flatMap((filter) => ['--filter', filter]))).stdout).toBe(names);
    const limited = await list(...filters.flatMap((filter) => ['--filter', filter]), '--limit', '1');
    expect(limited.stdout).toBe(`${names.split('\n')[0] ?? ''}\n`);
  });

  it.each([
    ['name=img-2019', 'name=img-2020'],
    ['status=queued', 'status=active'],
    ['created_at=gt:2020-01-01T00:00:00Z', 'created_at=nonsense'],
  ])('%s and %s are refused', async (one, other) => {
    const refused = await list('--filter', one, '--filter', other);
    expect([refused.exitCode, refused.stdout]).toEqual([2, '']);
  });
});
