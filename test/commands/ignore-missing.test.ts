import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { projects } from '../clouds/openstack/keystone.ts';
import { rancherCloud, type RunningRancher } from '../clouds/rancher/index.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { commandStage, errorOf, profileVariables } from './stage.ts';

const stage = commandStage();
let openstack: OpenstackCloud;
let rancher: RunningRancher;
let nothing: FakeServer;
let env: Readonly<Record<string, string>>;
let id: string;
const alt = projects.alt ?? '';
beforeEach(async () => {
  [openstack, rancher] = await Promise.all([startOpenstack(), rancherCloud().start()]);
  // It answers, and what is asked for is not there: neither the image nor the list of images.
  nothing = await startFakeServer(() => ({ status: 404, body: { message: 'not found' } }));
  env = {
    ...profileVariables('os', 'openstack', openstack.values),
    ...profileVariables('cow', 'rancher', rancher.values),
    ...profileVariables('nowhere', 'openstack', { imageEndpoint: nothing.origin, token: 't' }),
    ...profileVariables('nolin', 'linode', { endpoint: nothing.origin, token: 't' }),
  };
  [id = ''] = await openstack.seed([{ name: 'golden' }]);
});
afterEach(() => Promise.all([openstack.stop(), rancher.stop(), nothing.stop()]));

const run = (...args: readonly string[]) => stage.run([...args, '--ignore-missing', '--retries', '0', '-o', 'json'], { env });
const members = async () => (await stage.ok(['share', `os:${id}`, '-o', 'json'], { env })).json();

describe('--ignore-missing', () => {
  it('says once in a table what became of an image', async () => {
    const { stdout } = await stage.ok(['delete', `os:${id}`, '--yes', '--ignore-missing'], { env });
    expect(stdout.match(/gone/g)).toHaveLength(1);
    expect(
      (await stage.ok(['delete', `os:${id}`, '--yes', '--ignore-missing'], { env })).stdout.match(/not there/g),
    ).toHaveLength(1);
  });

  it('lets purge pass over what is not there, alone and among others', async () => {
    const removed = rancher.put({ name: 'old', state: 'removed', removedAt: Date.now(), removeTime: Date.now() + 600_000 });
    expect((await run('purge', 'cow:1i999', '--yes')).json()).toMatchObject({ result: 'ok', message: 'not there' });
    const both = await run('purge', 'cow:nope', `cow:${removed}`, '--yes', '--poll-interval', '20ms');
    expect(both.json()).toMatchObject([{ result: 'ok' }, { result: 'ok', id: removed, status: 'deleted' }]);
    expect(rancher.row(removed).state).toBe('purged');
    const one = await run('purge', `cow:${removed}`, '--yes', '--poll-interval', '20ms');
    expect(one.json()).toMatchObject({ result: 'ok', id: removed });
  });

  it('lets unshare pass over an image and a project that are not there', async () => {
    await stage.ok(['patch', `os:${id}`, '--visibility', 'shared'], { env });
    await stage.ok(['share', `os:${id}`, '--with', alt], { env });
    expect((await run('unshare', 'os:nope', '--with', alt)).json()).toEqual([]);
    const others = await run('unshare', `os:${id}`, '--with', `${'0'.repeat(32)},${alt}`);
    expect([others.exitCode, others.json()]).toEqual([0, []]);
    expect((await run('unshare', `os:${id}`, '--with', alt)).json()).toEqual([]);
    expect((await stage.run(['unshare', `os:${id}`, '--with', alt, '--json'], { env })).exitCode).toBe(5);
  });

  it.each([['nowhere:web'], ['nowhere:00000000-0000-4000-8000-000000000000'], ['nolin:web'], ['nolin:private/1']])(
    'takes %s for no missing image where there is no list of images at all',
    async (image) => {
      const alone = await run('delete', image, '--yes');
      expect([alone.exitCode > 0, alone.stdout]).toEqual([true, '']);
      expect((await run('delete', image, 'nope', '--yes')).exitCode).toBe(12);
    },
  );

  it('warns of a name that may have been meant as one in a profile; one that is nearly a profile is no missing image', async () => {
    const result = await stage.run(['delete', 'elsewhere:web', '--yes', '--ignore-missing'], { env });
    expect([result.exitCode, result.stderr]).toEqual([0, expect.stringContaining('no such profile: elsewhere')]);
    const slip = await stage.run(['delete', 'so:web', '--yes', '--ignore-missing'], { env });
    expect([slip.exitCode, slip.stdout]).toEqual([3, '']);
    expect(slip.stderr).toContain('Did you mean os?');
  });
});

describe('access of several projects', () => {
  it('is given to the others where one cannot have it, and the run ends with 12', async () => {
    await stage.ok(['patch', `os:${id}`, '--visibility', 'shared'], { env });
    const other = 'a'.repeat(32);
    openstack.fail({ kind: 'answer', status: 403, on: ({ method, path }) => method === 'POST' && path.endsWith('/members') });
    const shared = await stage.run(['share', `os:${id}`, '--with', `${alt},${other}`, '-o', 'json'], { env });
    expect([shared.exitCode, errorOf(shared).code]).toEqual([12, 'PARTIAL']);
    expect(shared.stderr).toContain(alt);
    expect(await members()).toMatchObject([{ with: other }]);
    const again = await stage.run(['share', `os:${id}`, '--with', `${alt},${other}`, '-o', 'json'], { env });
    expect([again.exitCode, again.stderr], 'what is so already is no failure').toEqual([0, '']);
    expect(await members()).toHaveLength(2);
    const taken = await stage.run(['unshare', `os:${id}`, '--with', `${'0'.repeat(32)},${other}`, '-o', 'json'], { env });
    expect([taken.exitCode, await members()]).toMatchObject([12, [{ with: alt }]]);
    const neither = await stage.run(['unshare', `os:${id}`, '--with', `${'0'.repeat(32)},${other}`, '-o', 'json'], { env });
    expect([neither.exitCode, neither.stdout]).toEqual([12, '']);
  });
});
