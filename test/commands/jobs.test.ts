import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOci, type OciCloud } from '../clouds/oci/index.ts';
import { startOpenstack, type OpenstackCloud } from '../clouds/openstack/index.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from './stage.ts';

const stage = commandStage();
let openstack: OpenstackCloud;
let oci: OciCloud;
let env: Readonly<Record<string, string>>;
const folder = (name: string) => ({
  [`IMGCTL_PROFILE_${name.replace('-', '_').toUpperCase()}_PROVIDER`]: 'local',
  [`IMGCTL_PROFILE_${name.replace('-', '_').toUpperCase()}_PATH`]: stage.file(name),
});
beforeEach(async () => {
  openstack = await startOpenstack();
  oci = await startOci();
  env = {
    ...profileVariables('staging', 'openstack', openstack.values),
    ...profileVariables('prod', 'openstack', openstack.valuesFor('alt')),
    ...profileVariables('dc-reg', 'oci', oci.values),
    IMGCTL_PROFILE_DC_REG_PROVIDER: 'oci',
    ...folder('dc-a'),
    ...folder('dc-b'),
  };
});
afterEach(() => Promise.all([openstack.stop(), oci.stop()]));

interface Shown {
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly status: string;
  readonly contentId?: string;
}
const images = async (...args: readonly string[]): Promise<readonly Shown[]> =>
  (await stage.ok(['list', ...args, '-o', 'json'], { env })).json() as readonly Shown[];
const upload = async (name: string, seed = 1): Promise<Shown> =>
  (
    await stage.ok(['upload', stage.write(`seed-${seed}`, smallDisk(seed)), '--name', name, '-o', 'json'], { env })
  ).json() as Shown;

describe('what passed in staging goes to production', () => {
  const promote = ['copy', 'staging:web-42', 'prod', '--tag', 'prod', '--protect', '--property', 'git_sha=abc', '-o', 'json'];

  it('with its content, labelled and private before anybody can see it', async () => {
    const tested = await upload('staging:web-42');
    await stage.ok(['patch', 'staging:web-42', '--visibility', 'private'], { env });
    openstack.forget();
    const there = (await stage.ok(promote, { env })).json();
    expect(there).toMatchObject({
      name: 'web-42',
      contentId: tested.contentId,
      status: 'active',
      visibility: 'private',
      protected: true,
      tags: ['prod'],
      properties: { git_sha: 'abc' },
    });
    const made = openstack.requests().find(({ method, path }) => method === 'POST' && path.endsWith('/images'));
    expect(JSON.parse(made?.body ?? '{}')).toMatchObject({ visibility: 'private', tags: ['prod'], git_sha: 'abc' });
  });

  it('once: run again it does nothing', async () => {
    await upload('staging:web-42');
    const first = (await stage.ok([...promote, '--if-exists', 'skip'], { env })).json() as Shown;
    openstack.forget();
    const again = (await stage.ok([...promote, '--if-exists', 'skip'], { env })).json() as Shown;
    expect(again.id).toBe(first.id);
    const changes = openstack
      .requests()
      .filter(({ method, path }) => !['GET', 'HEAD'].includes(method) && !path.includes('/auth/'));
    expect(changes).toEqual([]);
  });

  it('or not at all: broken in between, what was there stays and nothing half is left', async () => {
    await upload('staging:web-42');
    const before = await upload('prod:web-41', 2);
    openstack.fail({ kind: 'drop', on: ({ method, path }) => method === 'PUT' && path.endsWith('/file'), times: 100 });
    expect((await stage.run([...promote, '--retries', '0'], { env })).exitCode).not.toBe(0);
    expect(await images('-p', 'prod')).toEqual([expect.objectContaining({ id: before.id, status: 'active' })]);
  });
});

describe('one golden image goes to every site', () => {
  const mirror = (...more: readonly string[]) =>
    stage.run(['copy', 'staging:golden', 'dc-*', '--if-exists', 'skip', '--retries', '0', '-o', 'json', ...more], { env });
  const reads = () => openstack.requests().filter(({ method, path }) => method === 'GET' && path.endsWith('/file')).length;

  it('with a row for each, read once, and no byte the second time; the comparison of all agrees', async () => {
    const golden = await upload('staging:golden');
    openstack.forget();
    const first = await mirror();
    expect(first.exitCode).toBe(0);
    expect(first.json()).toMatchObject(
      ['dc-a', 'dc-b', 'dc-reg'].map((profile) => ({ profile, result: 'ok', message: 'copied' })),
    );
    expect(reads()).toBe(1);
    openstack.forget();
    const again = await mirror();
    expect(again.json()).toMatchObject(Array.from({ length: 3 }, () => ({ result: 'ok', message: 'already up to date' })));
    expect(reads()).toBe(0);
    const [group] = (await stage.ok(['list', '-A', '--group-by', 'name', '-o', 'json'], { env })).json() as readonly object[];
    expect(group).toMatchObject({
      group: 'golden',
      same: ['staging', 'dc-a', 'dc-b', 'dc-reg'].toSorted() as unknown,
      behind: [],
    });
    for (const profile of ['dc-a', 'dc-b', 'dc-reg'])
      expect((await images('-p', profile)).map(({ contentId }) => contentId)).toEqual([golden.contentId]);
  });

  it('a site that is down, or has another disk of that name, does not stop the others', async () => {
    await upload('staging:golden');
    await upload('dc-a:golden', 9);
    env = { ...env, ...profileVariables('dc-dead', 'linode', {}), IMGCTL_PROFILE_DC_DEAD_PROVIDER: 'linode', IMGCTL_PROFILE_DC_DEAD_TOKEN: 't', IMGCTL_PROFILE_DC_DEAD_REGION: 'us-ord', IMGCTL_PROFILE_DC_DEAD_ENDPOINT: 'http://127.0.0.1:9' }; // prettier-ignore
    const result = await mirror();
    expect(result.exitCode).toBe(12);
    expect(errorOf(result)).toMatchObject({ code: 'PARTIAL', exitCode: 12 });
    const rows = result.json() as readonly { readonly profile: string; readonly result: string; readonly code?: string }[];
    expect(Object.fromEntries(rows.map(({ profile, result: what, code }) => [profile, code ?? what]))).toEqual({
      'dc-a': 'CONFLICT',
      'dc-b': 'ok',
      'dc-dead': 'NETWORK',
      'dc-reg': 'ok',
    });
    expect(result.stderr).toContain('exists with different (or unknown) content');
  });
});

describe('a gate in CI', () => {
  const unsafe = (): string => {
    const header = Buffer.alloc(4096);
    header.write('QFI\u00fb', 'latin1');
    header.writeUInt32BE(9, 4);
    return stage.write('unsafe.qcow2', header);
  };

  it('judges several files, all of them, and ends with the code of the worst', async () => {
    const [good, page] = [stage.write('good.raw', smallDisk()), stage.write('page.raw', '<html>404 Not Found</html>')];
    const result = await stage.run(['inspect', unsafe(), good, stage.file('gone.raw'), page, '-o', 'json']);
    expect(result.exitCode).toBe(11);
    const reports = result.json() as readonly {
      readonly file: string;
      readonly safe?: boolean;
      readonly findings: readonly object[];
    }[];
    expect(reports.map(({ file, safe }) => [file, safe])).toEqual([
      [stage.file('unsafe.qcow2'), false],
      [good, true],
      [page, false],
    ]);
    for (const { safe, findings } of reports) if (!safe) expect(findings[0]).toMatchObject({ level: 'reject', code: /\w/ });
    expect(result.stderr).toContain('no such file');
    expect(errorOf(result).exitCode).toBe(11);
    expect((await stage.run(['inspect', good, good])).exitCode).toBe(0);
    expect((await stage.run(['inspect', good, stage.file('gone.raw')])).exitCode).toBe(5);
  });

  it.each(['json', 'jsonl'])('tells its code last, as %s, whatever the order', async (format) => {
    const result = await stage.run(['inspect', unsafe(), stage.file('gone.raw'), '-o', format]);
    expect(errorOf(result).exitCode).toBe(result.exitCode);
  });
});

describe('who has what', () => {
  it('is one table of 80 columns: every site whole, how far behind it is, and who did not answer', async () => {
    const hour = 3_600_000;
    await upload('dc-a:web');
    await upload('local:db');
    await upload('dc-b:web', 2);
    await stage.ok(['copy', 'dc-b:web', 'staging', '-o', 'id'], { env });
    const later = new Date(Date.now() + 5.5 * hour).toISOString();
    for (const { wire } of openstack.one.store.images.values()) wire.created_at = `${later.slice(0, 19)}Z`;
    env = {
      ...env,
      IMGCTL_PROFILE_DC_DEAD_PROVIDER: 'rancher',
      IMGCTL_PROFILE_DC_DEAD_URL: 'http://127.0.0.1:9/v1/projects/1a5',
    };
    const shown = await stage.run(['list', '-A', '--group-by', 'name', '--retries', '0'], { env, terminal: true, columns: 80 });
    expect(shown.exitCode).toBe(12);
    for (const line of shown.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const whole = shown.stdout.replaceAll(/\s+/g, ' ');
    for (const name of ['dc-a', 'dc-b', 'staging', 'prod', 'dc-reg', 'dc-dead', 'local']) expect(whole).toContain(name);
    expect(whole).toMatch(/dc-a \(5 h\)/);
    expect(shown.stderr).toMatch(/dc-dead/);
    const json = (await stage.run(['list', '-A', '--group-by', 'name', '--retries', '0', '-o', 'json'], { env })).json();
    expect(json).toMatchObject([
      { unknown: expect.arrayContaining(['dc-dead']) as unknown },
      { group: expect.any(String) as string },
    ]);
    const csv = (await stage.run(['list', '-A', '--group-by', 'name', '--retries', '0', '-o', 'csv'], { env })).stdout;
    expect(csv).toContain('dc-dead');
  });
});
