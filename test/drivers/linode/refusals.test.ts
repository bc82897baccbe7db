import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLinode, type RunningLinode } from '../../clouds/linode/index.ts';
import { publicImage } from '../../clouds/linode/records.ts';
import type { CliResult } from '../../support/run-cli.ts';
import { commandStage, errorOf, profileVariables, smallDisk } from '../../commands/stage.ts';

const stage = commandStage();
let cloud: RunningLinode;
beforeEach(async () => {
  cloud = await startLinode();
});
afterEach(() => cloud.stop());

const imgctl = (...args: readonly string[]): Promise<CliResult> =>
  stage.run(args, { env: { ...profileVariables('lin', 'linode', cloud.values), IMGCTL_PROFILE: 'lin' } });
/** `times` refusals of what goes to `path`, in the API's own form. */
const refuse = (path: string, status: number, reason: string, times = 1): void =>
  cloud.fail({
    kind: 'answer',
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ errors: [{ reason }] }),
    on: (request) => request.method !== 'GET' && request.path.startsWith(path),
    times,
  });
const asked = (method: string, path: string): number =>
  cloud.requests().filter((request) => request.method === method && request.path.startsWith(path)).length;

/** Each change, and where it goes. */
const changes = {
  create: { path: '/v4/images', type: () => ['create', 'cap', '--from-disk', '5', '--no-wait'] },
  patch: { path: '/v4/images/', type: (id: string) => ['patch', id, '--description', 'new'] },
  replicate: { path: '/v4/images/', type: (id: string) => ['replicate', id, '--to', 'us-iad', '--no-wait'] },
  delete: { path: '/v4/images/', type: (id: string) => ['delete', id, '--yes', '--no-wait'] },
  upload: { path: '/v4/images/upload', type: () => ['upload', stage.write('d.raw', smallDisk()), '--name', 'up', '--no-wait'] },
} as const;

describe.each(Object.entries(changes))('%s that Linode refuses with 400', (_verb, { path, type }) => {
  const [id] = ['private/1'];
  const begin = async (): Promise<string> => (await cloud.seed([{ name: 'one' }]))[0] ?? id ?? '';

  it('for the moment is asked again, and done once', async () => {
    const image = await begin();
    refuse(path, 400, 'Linode busy.');
    const before = cloud.account.images.size;
    const result = await imgctl(...type(image), '-o', 'json');
    expect(`${result.exitCode} ${result.stderr}`).toMatch(/^0 /);
    expect(result.stderr).toContain('retry');
    expect(Math.abs(cloud.account.images.size - before)).toBeLessThanOrEqual(1);
  });

  it('for ever is a conflict, after a bounded number of tries', async () => {
    const image = await begin();
    refuse(path, 400, 'Linode busy.', 99);
    const result = await imgctl(...type(image), '--retries', '1', '-o', 'json');
    expect(result.exitCode).toBe(6);
    expect(errorOf(result)).toMatchObject({ code: 'CONFLICT', hint: expect.stringContaining('busy') as string });
  });

  it('for a limit of the account is a limit, in Linode’s words', async () => {
    const image = await begin();
    refuse(path, 400, 'Account Limit reached. Please open a support ticket.', 9);
    const result = await imgctl(...type(image), '-o', 'json');
    expect([result.exitCode, errorOf(result).message]).toEqual([8, expect.stringContaining('open a support ticket')]);
  });

  it('for a mistake is a mistake, and asked once', async () => {
    const image = await begin();
    refuse(path, 400, 'label is not valid', 9);
    const result = await imgctl(...type(image), '-o', 'json');
    expect(result.exitCode).toBe(2);
    expect(cloud.requests().filter(({ method }) => method !== 'GET')).toHaveLength(1);
  });
});

describe('what Linode says beside its answer', () => {
  it('is a hint where a 404 may mean several things', async () => {
    refuse('/v4/images', 404, 'Not found');
    const result = await imgctl('create', 'cap', '--from-disk', '5', '-o', 'json');
    expect(result.exitCode).toBe(5);
    expect(errorOf(result).hint).toMatch(/larger than this account may image.*linode-cli linodes disks-list/);
    expect(asked('POST', '/v4/images')).toBe(1);
  });

  it.each(['patch', 'replicate', 'create', 'upload'] as const)('is told where %s succeeds with warnings', async (verb) => {
    const [id = ''] = await cloud.seed([{ name: 'one' }]);
    const { path, type } = changes[verb];
    cloud.account.warnings = [{ title: 'Queued for later', details: 'It is done within the hour.' }];
    const result = await imgctl(...type(id));
    expect(`${result.exitCode} ${result.stderr}`).toMatch(/^0 [^]*Queued for later: It is done within the hour\./);
    expect(path).toBeTruthy();
    cloud.account.warnings = [];
    expect((await imgctl('patch', id, '--description', 'again')).stderr).toBe('');
  });

  it('leaves out nothing that works without a token', async () => {
    cloud.account.images.set('linode/made', publicImage('made', { label: 'Made' }));
    const { token: _token, ...anonymous } = cloud.values;
    const run = (...args: readonly string[]): Promise<CliResult> =>
      stage.run(args, { env: profileVariables('lin', 'linode', anonymous) });
    const refused = await run('list', '-p', 'lin');
    expect([refused.exitCode, refused.stdout]).toEqual([4, expect.any(String)]);
    expect(refused.stderr).toMatch(/--all[^]*export IMGCTL_PROFILE_LIN_TOKEN=env:LINODE_TOKEN/);
    expect((await run('list', '-p', 'lin', '--all', '-o', 'id')).stdout).toBe('linode/made\n');
  });
});

describe('a filter on what only public images have', () => {
  it.each([
    [
      ['--filter', 'vendor=Debian'],
      ['linode/debian12', 'linode/debian9'],
    ],
    [['--filter', 'deprecated=true'], ['linode/debian9']],
    [
      ['--filter', 'is_public=true'],
      ['linode/debian12', 'linode/debian9'],
    ],
    [
      ['--all', '--filter', 'vendor=Debian'],
      ['linode/debian12', 'linode/debian9'],
    ],
    [['--filter', 'type=manual'], ['private/1']],
    [[], ['private/1']],
  ])('%j finds them', async (filters, ids) => {
    const [own = ''] = await cloud.seed([{ name: 'mine' }]);
    for (const name of ['debian12', 'debian9'])
      cloud.account.images.set(
        `linode/${name}`,
        publicImage(name, { label: name, vendor: 'Debian', deprecated: name === 'debian9' }),
      );
    const { stdout } = await imgctl('list', ...filters, '-o', 'id');
    expect(stdout.trim().split('\n').sort()).toEqual(ids.map((id) => (id === 'private/1' ? own : id)));
  });
});
