import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOci, type OciCloud } from '../clouds/oci/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let openstack: OpenstackCloud;
let oci: OciCloud;
let env: Readonly<Record<string, string>>;
beforeEach(async () => {
  openstack = await startOpenstack();
  oci = await startOci();
  env = {
    ...profileVariables('os', 'openstack', openstack.values),
    ...profileVariables('reg', 'oci', oci.values),
    ...profileVariables('dead', 'linode', { token: 't', region: 'us-ord', endpoint: 'http://127.0.0.1:9' }),
    ...Object.fromEntries(['a', 'b', 'c'].flatMap((name) => Object.entries(folder(`dc-${name}`, `DC_${name.toUpperCase()}`)))),
  };
  await stage.ok(['upload', stage.write('seed', smallDisk()), '--name', 'os:web'], { env });
  openstack.forget();
});
afterEach(async () => {
  await openstack.stop();
  await oci.stop();
});

const folder = (path: string, name: string) => ({
  [`IMGCTL_PROFILE_${name}_PROVIDER`]: 'local',
  [`IMGCTL_PROFILE_${name}_PATH`]: stage.file(path),
});

interface Row {
  readonly image: string;
  readonly id?: string;
  readonly result: string;
  readonly message?: string;
  readonly code?: string;
}
const copied = async (...args: readonly string[]) => {
  const result = await stage.run(['copy', 'os:web', ...args, '--retries', '0', '-o', 'json'], { env });
  return { ...result, rows: result.stdout === '' ? [] : (result.json() as readonly Row[]) };
};
const names = async (profile: string): Promise<readonly string[]> =>
  ((await stage.ok(['list', '-p', profile, '-o', 'json'], { env })).json() as readonly { name: string }[]).map(
    ({ name }) => name,
  );
const reads = (): number => openstack.requests().filter(({ method, path }) => method === 'GET' && path.endsWith('/file')).length;
const changes = (): readonly string[] =>
  [...openstack.requests(), ...oci.requests()]
    .filter(({ method, path }) => !['GET', 'HEAD'].includes(method) && !path.includes('/auth/'))
    .map(({ method, path }) => `${method} ${path}`);

describe('a copy to several targets', () => {
  it('gives a row for each, and reads a far source once', async () => {
    const { exitCode, rows, stderr } = await copied('dc-a', 'dc-b:other', 'reg', 'dc-c');
    expect(`${exitCode} ${stderr}`).toMatch(/^0 /);
    expect(rows.map(({ image, result, message }) => [image, result, message])).toEqual(
      ['dc-a', 'dc-b:other', 'reg', 'dc-c'].map((target) => [target, 'ok', 'copied']),
    );
    expect(reads()).toBe(1);
    const columns = await stage.ok(
      ['copy', 'os:web', 'dc-d', 'dc-b:third', '-o', 'csv', '-c', Object.keys(rows[0] ?? {}).join()],
      {
        env: { ...env, ...folder('dc-d', 'DC_D') },
      },
    );
    expect(columns.stdout).toContain('copied,relay');
    await stage.ok(['delete', 'dc-b:third', '--yes'], { env });
    expect([await names('dc-a'), await names('dc-b'), await names('reg')]).toEqual([['web'], ['other'], ['web']]);
    await stage.ok(['download', 'dc-b:other', stage.file('back')], { env });
    expect(stage.read('back').equals(smallDisk())).toBe(true);
  });

  it('takes a glob of profiles, which leaves out that of the source, and skips what is there', async () => {
    await copied('dc-b');
    openstack.forget();
    const { exitCode, rows } = await copied('{dc-*,os}', 'dc-a', '--if-exists', 'skip');
    expect(exitCode).toBe(0);
    expect(rows.map(({ image, message }) => [image, message])).toEqual([
      ['dc-a', 'copied'],
      ['dc-b', 'already up to date'],
      ['dc-c', 'copied'],
    ]);
    const again = await copied('dc-*', '--if-exists', 'skip');
    expect(again.rows.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(reads(), 'no bytes move the second time').toBe(1);
    expect(await names('os')).toEqual(['web']);
  });

  it('makes one image where two targets come to the same name', async () => {
    const { rows } = await copied('dc-a', 'dc-a:web', 'dc-b', 'dc-*');
    expect(rows.map(({ image }) => image)).toEqual(['dc-a', 'dc-b', 'dc-c']);
    expect(await names('dc-a')).toEqual(['web']);
  });

  it('goes on after one that fails, tells each failure whole, and ends with 12', async () => {
    await copied('dc-b');
    const { exitCode, rows, stderr } = await copied('dead', 'dc-b', 'dc-a');
    expect(exitCode).toBe(12);
    expect(rows.map(({ result, code }) => [result, code])).toEqual([
      ['failed', 'NETWORK'],
      ['failed', 'CONFLICT'],
      ['ok', undefined],
    ]);
    const told = stderr.trim().split('\n').map((line) => (JSON.parse(line) as { error: { code: string } }).error.code); // prettier-ignore
    expect(told.toSorted()).toEqual(['CONFLICT', 'NETWORK', 'PARTIAL']);
    expect(await names('dc-a')).toEqual(['web']);
  });

  it('stops at the first failure where that is wanted', async () => {
    await copied('dc-a');
    const { rows } = await copied('dc-a', 'dc-b', '--fail-fast');
    expect(rows.map(({ result }) => result)).toEqual(['failed', 'skipped']);
    expect(await names('dc-b')).toEqual([]);
  });

  it.each([
    ['a profile that there is not', 3, ['dc-a', 'nosuch']],
    ['a glob that matches nothing', 3, ['dc-a', 'no*']],
    ['a glob that matches the source alone', 3, ['dc-a', 'o?']],
    ['a file', 2, ['dc-a', './disk.raw']],
    ['a field that one of them has not', 2, ['dc-a', 'dc-b', '--set', 'cloudInit=true']],
    ['a column that there is not', 2, ['dc-a', 'dc-b', '-c', 'nosuch']],
    ['a question that nobody can answer', 2, ['dc-a', 'dc-b', 'dc-c', '--if-exists', 'replace']],
  ])('changes nothing anywhere for %s', async (_what, code, args) => {
    await copied('dc-c');
    openstack.forget();
    const refused = await copied(...args);
    expect([refused.exitCode, refused.stdout, errorOf(refused).exitCode]).toEqual([code, '', code]);
    expect([await names('dc-a'), await names('dc-b'), await names('dc-c')]).toEqual([[], [], ['web']]);
    expect(reads()).toBeLessThanOrEqual(1);
  });

  it('asks about everything that is replaced before the first copy begins', async () => {
    await copied('dc-b', 'dc-c');
    const asked = await stage.run(['copy', 'os:web', 'dc-a', 'dc-b', 'dc-c', '--if-exists', 'replace'], {
      env,
      terminal: true,
      answers: ['y', 'n'],
    });
    expect(asked.exitCode).not.toBe(0);
    expect(await names('dc-a')).toEqual([]);
    const { rows } = await copied('dc-a', 'dc-b', 'dc-c', '--if-exists', 'replace', '--yes');
    expect(rows.map(({ message }) => message)).toEqual(['copied', 'copied', 'copied']);
    expect([await names('dc-b'), await names('dc-c')]).toEqual([['web'], ['web']]);
  });

  it('is planned with a row for each, and changes nothing', async () => {
    const { exitCode, rows } = await copied('dc-a', 'reg', 'reg:two', '--dry-run');
    expect([exitCode, rows.map(({ result, message }) => [result, message])]).toEqual([
      0,
      Array.from({ length: 3 }, () => ['planned', 'would copy']),
    ]);
    expect(changes()).toEqual([]);
  });

  it('reads for each target where the temporary folder has no room', async () => {
    const full = { ...env, TMPDIR: '/proc' };
    const result = await stage.run(['copy', 'os:web', 'dc-a', 'dc-b', '-o', 'id'], { env: full });
    expect(`${result.exitCode} ${result.stderr}`).toMatch(/^0 .*warning/s);
    expect([await names('dc-a'), await names('dc-b')]).toEqual([['web'], ['web']]);
  });
});

describe('a source that breaks off', () => {
  it('is gone on with, once for all targets, and every target has its bytes', async () => {
    openstack.fail({ kind: 'truncate', times: 1, on: ({ method, path }) => method === 'GET' && path.endsWith('/file') });
    const result = await stage.run(['copy', 'os:web', 'dc-a', 'dc-b', '-o', 'json'], { env });
    expect(`${result.exitCode} ${result.stderr}`).toMatch(/^0 /);
    expect(reads()).toBe(2);
    for (const target of ['dc-a', 'dc-b']) {
      await stage.ok(['download', `${target}:web`, stage.file(`${target}.raw`)], { env });
      expect(stage.read(`${target}.raw`).equals(smallDisk())).toBe(true);
    }
  });

  it('for good leaves nothing at any target, and each says why', async () => {
    openstack.fail({ kind: 'truncate', times: 100, on: ({ method, path }) => method === 'GET' && path.endsWith('/file') });
    const { exitCode, rows } = await copied('dc-a', 'reg', 'dc-b');
    expect([exitCode, rows.map(({ result }) => result)]).toEqual([12, ['failed', 'failed', 'failed']]);
    expect([await names('dc-a'), await names('reg'), await names('dc-b')]).toEqual([[], [], []]);
  });
});
