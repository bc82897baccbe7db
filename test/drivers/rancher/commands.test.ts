import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rancherCloud, type RancherOptions, type RunningRancher } from '../../clouds/rancher/index.ts';
import { versions } from '../../clouds/rancher/versions.ts';
import { errorOf, profileVariables } from '../../commands/stage.ts';
import { cliHome, type CliHome, type CliResult } from '../../support/run-cli.ts';

/** The shared cases once more, as a user sees them: what is typed, the exit status, and the words. */

let home: CliHome;
beforeEach(() => {
  home = cliHome();
});
afterEach(() => home.remove());

type Cli = (line: string, values?: Readonly<Record<string, string>>) => Promise<CliResult>;

async function onRancher(options: RancherOptions, work: (cli: Cli, cloud: RunningRancher) => Promise<void>): Promise<void> {
  const cloud = await rancherCloud(options).start();
  const cli: Cli = (line, values = {}) =>
    home.run([...line.split(' '), '--json'], {
      env: { ...profileVariables('cow', 'rancher', { ...cloud.values, ...values }), IMGCTL_PROFILE: 'cow' },
    });
  try {
    await work(cli, cloud);
  } finally {
    await cloud.stop();
  }
}

/** Exit status, code and the rest of what went wrong. */
function failed(result: CliResult, exitCode: number, code: string): ReturnType<typeof errorOf> {
  expect(result.stderr, 'it should have failed').not.toBe('');
  const error = errorOf(result);
  expect([result.exitCode, result.stdout === '' || result.stdout === '[]\n', error.code, error.profile, error.message]).toEqual([
    exitCode,
    true,
    code,
    'cow',
    expect.not.stringContaining('null'),
  ]);
  return error;
}
const rows = (result: CliResult): readonly Readonly<Record<string, unknown>>[] => {
  expect(result.stderr).toBe('');
  return result.json() as Readonly<Record<string, unknown>>[];
};
const writes = (cloud: RunningRancher): readonly string[] =>
  cloud.requests().flatMap(({ method }) => (method === 'GET' ? [] : [method]));
const poll = '--poll-interval 20ms';

describe.each(versions)('rancher %s through the command line: lists', (version) => {
  it('R01 R02 every page, R03 one image, R05 none, R06 its own filter, R31 two bounds of time', () =>
    onRancher({ version, tricks: { mostRows: 2 } }, async (cli, cloud) => {
      for (let n = 1; n <= 4; n += 1)
        cloud.put({ name: `cirros-${n}`, createdAt: Date.parse('2017-03-01T00:00:00Z') + n * 3_600_000 });
      cloud.put({ number: 7, name: 'docker:ubuntu:14.04', state: 'inactive' });
      expect(rows(await cli('list')).map(({ id }) => id)).toEqual(['1i1', '1i2', '1i3', '1i4', '1i7']);
      expect((await cli('show 1i7')).json()).toMatchObject({
        name: 'docker:ubuntu:14.04',
        status: 'inactive',
        profile: 'cow',
        provider: 'rancher',
      });
      expect((await cli('show docker:ubuntu:14.04')).json()).toMatchObject({ id: '1i7' });
      expect(failed(await cli('show 1i99'), 5, 'NOT_FOUND').message).toContain('1i99');
      expect(rows(await cli('list --filter name_like=cirros-_')).length).toBe(4);
      const now = Date.parse('2017-03-02T00:00:00Z');
      const env = { ...profileVariables('cow', 'rancher', cloud.values) };
      const between = await home.run(['list', '-p', 'cow', '--older-than', '20h', '--newer-than', '22h', '-o', 'id'], {
        env,
        now: () => now + 1,
      });
      expect(between.stdout).toBe('1i3\n1i4\n');
    }));

  it('refuses a filter that the server would pass over in silence', () =>
    onRancher({ version }, async (cli, cloud) => {
      await cloud.seed([{ name: 'a' }]);
      failed(await cli('list --filter nonsense=1'), 2, 'USAGE');
      failed(await cli('list --filter name_between=1'), 2, 'USAGE');
    }));

  it('R22 R23 refuses a bad key and a project that is not ours, and shows no key', () =>
    onRancher({ version }, async (cli, cloud) => {
      const bad = await cli('list', { secretKey: 'wrong-secret-0815' });
      const error = failed(bad, 4, 'AUTH');
      expect(error).toMatchObject({
        status: 401,
        hint: expect.stringContaining('secretKey comes from environment (IMGCTL_PROFILE_COW_SECRET_KEY)'),
      });
      expect(bad.stderr).not.toContain('wrong-secret');
      const other = failed(await cli('list', { url: `${cloud.origin}/v1/projects/1a999` }), 4, 'AUTH');
      expect(`${other.message} ${String(other.hint)}`).toContain('1a999');
      expect(failed(await cli('list', { url: `${cloud.origin}/v3` }), 3, 'CONFIG').message).toContain('Rancher 2');
    }));

  it('R24 R25 takes every form of URL, and a person’s key', () =>
    onRancher({ version, key: 'account' }, async (cli, cloud) => {
      await cloud.seed([{ name: 'a' }]);
      for (const path of ['/v1/projects/1a5', '/v1/projects/1a5/', '//v1//projects/1a5', '/v1/projects/1a5/schemas'])
        expect(rows(await cli('list', { url: `${cloud.origin}${path}` })).length, path).toBe(1);
      for (const path of ['', '/v1', '/v1/schemas'])
        expect(rows(await cli('list', { url: `${cloud.origin}${path}`, project: 'Default' })).length, path).toBe(1);
    }));

  it('R27 refuses what it does not have before any request, and says why', () =>
    onRancher({ version }, async (cli, cloud) => {
      for (const line of [
        'upload /dev/null --name x',
        'download 1i1 x',
        'replicate 1i1 --to a',
        'import x --url https://h/x',
        'share 1i1',
        'places',
      ])
        expect(failed(await cli(line), 7, 'UNSUPPORTED').message, line).toMatch(/container images, not disks.*|lie in no region/);
      expect(cloud.requests()).toEqual([]);
    }));
});

describe.each(versions)('rancher %s through the command line: changes', (version) => {
  it('R07 deactivates and waits, and is content where it is so already', () =>
    onRancher({ version, transitionMs: 100 }, async (cli, cloud) => {
      cloud.put({ name: 'web' });
      expect((await cli(`deactivate web ${poll}`)).json()).toMatchObject({ id: '1i1', status: 'inactive' });
      cloud.forget();
      // It is so already: done, without asking for it.
      expect((await cli('deactivate 1i1')).json()).toMatchObject({ id: '1i1', status: 'inactive' });
      expect(writes(cloud)).toEqual([]);
      expect((await cli(`reactivate 1i1 ${poll}`)).json()).toMatchObject({ status: 'active' });
    }));

  it('R09 takes it for done where somebody else was quicker', () =>
    onRancher({ version }, async (cli, cloud) => {
      cloud.put({ state: 'inactive' });
      cloud.tricks.afterRead = () => void (cloud.row('1i1').state = 'active');
      expect((await cli('reactivate 1i1')).json()).toMatchObject({ status: 'active' });
    }));

  it('R14 gives the same hint where the server refuses DELETE', () =>
    onRancher({ version, key: 'superadmin' }, async (cli, cloud) => {
      cloud.put({});
      expect(failed(await cli('delete 1i1 --yes'), 6, 'CONFLICT').hint).toBe(
        'Deactivate it first, then delete it: imgctl deactivate cow:1i1',
      );
      expect(writes(cloud)).toEqual(['DELETE']);
    }));

  it('R10 tries again after 409, and says so', () =>
    onRancher({ version }, async (cli, cloud) => {
      cloud.put({});
      cloud.tricks.conflicts = 1;
      const done = await cli(`deactivate 1i1 ${poll}`);
      expect([done.exitCode, done.stderr]).toEqual([0, expect.stringMatching(/^retrying in [\d.]+ s: /)]);
    }));

  it('R11 ends with 10 and the server’s reason where the work fails there', () =>
    onRancher({ version }, async (cli, cloud) => {
      cloud.put({ state: 'inactive' });
      cloud.pace.failWith = 'storage pool is gone';
      expect(failed(await cli(`reactivate 1i1 ${poll}`), 10, 'PROVIDER').message).toContain('storage pool is gone');
    }));

  it('waits no longer than it is told, with 13 and how to go on', () =>
    onRancher({ version }, async (cli, cloud) => {
      cloud.put({});
      cloud.pace.stick = true;
      const late = failed(await cli(`deactivate 1i1 ${poll} --wait-timeout 80ms`), 13, 'WAIT_TIMEOUT');
      expect(late.message).toContain('pending (deactivating)');
      expect(late.hint).toBe('Keep waiting with: imgctl wait cow:1i1 --for inactive');
    }));

  it('R12 says to deactivate first, R13 deletes, R15 purges, R16 R17 restores where there is such a thing', () =>
    onRancher({ version }, async (cli, cloud) => {
      cloud.put({ name: 'web' });
      expect(failed(await cli('delete web --yes'), 6, 'CONFLICT').hint).toBe(
        'Deactivate it first, then delete it: imgctl deactivate cow:1i1',
      );
      expect(writes(cloud)).toEqual([]);
      await cli(`deactivate web ${poll}`);
      expect((await cli(`delete web --yes ${poll}`)).json()).toMatchObject({ result: 'ok' });
      expect(rows(await cli('list'))).toEqual([]);
      const restored = await cli(`restore 1i1 ${poll}`);
      if (version === '1.6') expect(failed(restored, 7, 'UNSUPPORTED').message).toContain('1.6');
      else {
        expect(restored.json()).toMatchObject({ status: 'inactive' });
        await cli(`delete 1i1 --yes ${poll}`);
      }
      expect((await cli(`purge 1i1 --yes ${poll}`)).json()).toMatchObject({ status: 'deleted', providerStatus: 'purged' });
    }));

  it('R18 R20 patches and creates where the key may', () =>
    onRancher({ version, key: 'superadmin' }, async (cli) => {
      expect((await cli(`create x ${poll}`)).json()).toMatchObject({ name: 'x', status: 'active' });
      expect((await cli('patch x --name y --description d')).json()).toMatchObject({ name: 'y', description: 'd' });
      expect(failed(await cli('patch y --tag t'), 7, 'UNSUPPORTED').message).toBe('rancher cannot set tags with patch');
    }));

  it('R19 R21 says which key may not', () =>
    onRancher({ version }, async (cli, cloud) => {
      cloud.put({});
      expect(failed(await cli('patch 1i1 --name y'), 4, 'AUTH').message).toContain('does not let this key change images');
      expect(failed(await cli('create x'), 4, 'AUTH').message).toContain('does not let this key create images');
      expect(writes(cloud)).toEqual([]);
    }));

  it('R30 follows no link to another origin', () =>
    onRancher({ version }, (cli, cloud) =>
      onRancher({ version }, async (_cli, stranger) => {
        cloud.put({});
        cloud.tricks.linkOrigin = stranger.origin;
        expect(failed(await cli('list'), 10, 'PROVIDER').message).toContain(stranger.origin);
        expect(stranger.requests()).toEqual([]);
      }),
    ));
});
