import { expect, it } from 'vitest';
import { disk, useOpenstackCli } from '../../clouds/openstack/cli.ts';
import { appCredential } from '../../clouds/openstack/keystone.ts';

const cli = useOpenstackCli();

/** With an application credential whose rules allow images and nothing beside them. */
function run(args: readonly string[]) {
  cli.cloud().fail({
    kind: 'answer',
    status: 401,
    times: 50,
    on: ({ path }) => /\/(tasks|info)(\/|$)/.test(path),
    body: '{"error":{"code":401,"message":"The request you have made requires authentication."}}',
  });
  const { authUrl = '', region = '' } = cli.cloud().values;
  const { id, secret } = appCredential;
  const values = { PROVIDER: 'openstack', AUTH_URL: authUrl, REGION: region, APPLICATION_CREDENTIAL_ID: id };
  const given = Object.entries({ ...values, APPLICATION_CREDENTIAL_SECRET: secret });
  return cli.run(args, { env: Object.fromEntries(given.map(([name, value]) => [`IMGCTL_PROFILE_X_${name}`, value])) });
}

it.each([
  ['show', 'x:web', '-o', 'json'],
  ['resolve', 'x:web'],
  ['patch', 'x:web', '--tag', 'a'],
  ['delete', 'x:web', '--yes'],
  ['upload', 'DISK', '--into', 'x:web'],
  ['list', '-p', 'x', '--owner', 'demo'],
  ['profile', 'check', 'x'],
])('%s %s works where only the images may be asked for', async (...args) => {
  const kept = cli.image('web');
  Object.assign(kept.wire, { status: 'queued', size: null, checksum: null, os_hash_algo: null, os_hash_value: null });
  const file = cli.write('disk.raw', disk());
  const done = await run(args.map((word) => (word === 'DISK' ? file : word)));
  expect(done.exitCode, done.stderr).toBe(0);
});

it('does not call missing what may not be asked for', async () => {
  const { stdout } = await run(['profile', 'check', 'x', '-o', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({ missing: {} });
});
