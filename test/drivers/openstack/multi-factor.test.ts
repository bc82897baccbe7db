import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOpenstack, type OpenstackCloud } from '../../clouds/openstack/index.ts';
import { appCredential, federation, passcode } from '../../clouds/openstack/keystone.ts';
import { startFakeServer, type FakeAnswer, type FakeRequest, type FakeServer } from '../../support/fake-server.ts';
import { cliHome, type CliHome } from '../../support/run-cli.ts';

const client = { id: 'imgctl', secret: 'client-hunter2' };
const person = { username: 'sso-user', password: 'sso-hunter2' };
const basic = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`;

let cloud: OpenstackCloud;
let provider: FakeServer;
let home: CliHome;
/** What the provider's document leads to, if not to itself. */
let document: Readonly<Record<string, unknown>> = {};

/** An identity provider that knows one person and one client, as OpenID Connect and OAuth 2.0 have it. */
function identityProvider({ method, path: asked, headers, body }: FakeRequest): FakeAnswer | undefined {
  if (method === 'GET' && asked === '/.well-known/openid-configuration')
    return { status: 200, body: { token_endpoint: `${provider.origin}/token`, ...document } };
  if (method !== 'POST' || asked !== '/token' || headers['content-type'] !== 'application/x-www-form-urlencoded')
    return undefined;
  const form = Object.fromEntries(new URLSearchParams(body));
  const isClient = headers.authorization === basic || (headers.authorization === undefined && form.client_id === client.id);
  if (!isClient) return { status: 401, body: { error: 'invalid_client' } };
  const isPerson = form.username === person.username && form.password === person.password;
  if (form.grant_type === 'password' ? !isPerson : headers.authorization !== basic)
    return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid user credentials' } };
  return { status: 200, body: { access_token: federation.accessToken, id_token: 'another', token_type: 'Bearer' } };
}

beforeEach(async () => {
  document = {};
  cloud = await startOpenstack();
  provider = await startFakeServer(identityProvider);
  home = cliHome();
});
afterEach(async () => {
  await home.remove();
  await provider.stop();
  await cloud.stop();
});

type Values = Readonly<Record<string, unknown>>;
const list = ['list', '-p', 'env:openstack', '-o', 'json', '--debug'];
const paths = (server: Pick<FakeServer, 'requests'>): readonly string[] =>
  server.requests().map(({ method, path: asked }) => `${method} ${asked.split('?')[0] ?? ''}`);
const base = (): Values => ({ auth_url: `${cloud.origin}/v3`, user_domain_id: 'default', project_domain_id: 'default' });

/** Lists with a cloud that signs in like this, once from a clouds.yaml and once from the variables of the same names. */
async function signedIn(
  type: string,
  auth: Values,
  check: (run: Awaited<ReturnType<CliHome['run']>>) => void,
  before: () => void = () => undefined,
): Promise<void> {
  const given = Object.fromEntries(Object.entries({ ...base(), ...auth }).filter(([, value]) => value !== undefined));
  const file = path.join(home.folder, 'clouds.yaml');
  writeFileSync(file, JSON.stringify({ clouds: { x: { auth_type: type, region_name: 'RegionOne', auth: given } } }));
  const variables = Object.entries(given).map(([name, value]) => [`OS_${name.toUpperCase()}`, String(value)]);
  const ways = [
    { OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: 'x' },
    { OS_AUTH_TYPE: type, OS_REGION_NAME: 'RegionOne', ...Object.fromEntries(variables) },
  ];
  for (const env of ways) {
    cloud.forget();
    provider.forget();
    before();
    const run = await home.run([...list, '--retries', '0'], { env });
    check(run);
    expect(run.stdout + run.stderr).not.toMatch(/hunter2|314159/);
  }
}
const bodies = () =>
  cloud.requests().flatMap(({ path: asked, body }) => (asked === '/v3/auth/tokens' ? [JSON.parse(body) as Values] : []));

describe('one-time codes', () => {
  it('v3totp shows the code alone', async () => {
    await signedIn('v3totp', { username: 'demo', passcode, password: 'x-hunter2', project_name: 'demo' }, (run) => {
      expect(run.exitCode, run.stderr).toBe(0);
      const user = { name: 'demo', domain: { id: 'default' }, passcode };
      expect(bodies()).toMatchObject([{ auth: { identity: { methods: ['totp'], totp: { user } } } }]);
      expect(JSON.stringify(bodies())).not.toContain('x-hunter2');
    });
  });

  it('v3multifactor shows all that is named, and a user who needs two is told so', async () => {
    cloud.keystone.factors = ['password', 'totp'];
    const auth = { username: 'demo', password: 'demo-hunter2', passcode, project_name: 'demo' };
    await signedIn('v3multifactor', { ...auth, auth_methods: ['v3password', 'v3totp'] }, (run) => {
      expect(run.exitCode, run.stderr).toBe(0);
      expect(bodies()).toMatchObject([{ auth: { identity: { methods: ['password', 'totp'] } } }]);
    });
    await signedIn('password', auth, (run) => {
      expect(run.exitCode).toBe(4);
      expect(run.stderr).toContain('signs in with password and totp');
    });
  });

  it('v3multifactor takes no scope along with an application credential, and no method that it does not know', async () => {
    const auth = {
      application_credential_id: appCredential.id,
      application_credential_secret: appCredential.secret,
      project_name: 'demo',
    };
    await signedIn('v3multifactor', { ...auth, auth_methods: ['v3applicationcredential'] }, (run) =>
      expect(run.exitCode, run.stderr).toBe(0),
    );
    await signedIn('v3multifactor', { ...auth, auth_methods: ['v3kerberos', 'v3totp'] }, (run) => {
      expect([run.exitCode, cloud.requests()]).toEqual([3, []]);
      expect(run.stderr).toContain('v3kerberos is not supported');
    });
  });
});

describe('another identity provider', () => {
  const at = (): Values => ({ identity_provider: 'okta', protocol: 'openid', project_name: 'demo' });
  const discovery = (): Values => ({
    ...at(),
    client_id: client.id,
    discovery_endpoint: `${provider.origin}/.well-known/openid-configuration`,
  });
  const exchanged = [`POST ${federation.path}`, 'POST /v3/auth/tokens', 'GET /image/v2/images'];
  const scoped = [{ auth: { identity: { methods: ['token'] }, scope: { project: { name: 'demo' } } } }];

  it.each([
    ['v3oidcpassword', { ...person, client_secret: client.secret }],
    ['v3oidcpassword', person],
    ['v3oidcclientcredentials', { client_secret: client.secret }],
  ] as const)('%s asks it for an access token, and Keystone for one of the project', async (type, more) => {
    await signedIn(type, { ...discovery(), ...more }, (run) => {
      expect(run.exitCode, run.stderr).toBe(0);
      expect(paths(provider)).toEqual(['GET /.well-known/openid-configuration', 'POST /token']);
      expect(new URLSearchParams(provider.requests()[1]?.body).get('scope')).toBe('openid profile');
      expect(paths(cloud)).toEqual(exchanged);
      expect(bodies()).toMatchObject(scoped);
      expect(JSON.stringify(cloud.requests())).not.toMatch(/sso-hunter2|client-hunter2/);
    });
  });

  it('v3oidcaccesstoken has one, and asks Keystone alone', async () => {
    await signedIn('v3oidcaccesstoken', { ...at(), access_token: federation.accessToken, ...person }, (run) => {
      expect(run.exitCode, run.stderr).toBe(0);
      expect([paths(provider), paths(cloud)]).toEqual([[], exchanged]);
    });
  });

  it('goes where accessTokenEndpoint says, whatever the document says', async () => {
    const auth = { ...discovery(), ...person, access_token_endpoint: `${provider.origin}/token` };
    await signedIn('v3oidcpassword', auth, (run) => {
      expect(run.exitCode, run.stderr).toBe(0);
      expect(paths(provider)).toEqual(['POST /token']);
    });
  });

  it('that refuses is AUTH with its words, and so is a Keystone that does not take its token', async () => {
    await signedIn('v3oidcpassword', { ...discovery(), ...person, password: 'wrong-hunter2' }, (run) => {
      expect([run.exitCode, cloud.requests()]).toEqual([4, []]);
      expect(run.stderr).toContain('Invalid user credentials');
    });
    await signedIn('v3oidcaccesstoken', { ...at(), access_token: 'stale-hunter2' }, (run) => expect(run.exitCode).toBe(4));
    await signedIn('v3oidcpassword', { ...discovery(), ...person, access_token_type: 'id_token' }, (run) =>
      expect(run.exitCode).toBe(4),
    );
  });

  it('that has no such way, or whose document leads elsewhere, gets no secret', async () => {
    for (const [odd, words] of [
      [{ grant_types_supported: ['authorization_code'] }, 'does not offer password'],
      [{ token_endpoint: 'file:///etc' }, 'is not an http or https URL: file:///etc'],
      [{ token_endpoint: undefined }, 'names no token_endpoint'],
    ] as const) {
      document = odd;
      await signedIn('v3oidcpassword', { ...discovery(), ...person }, (run) => {
        expect(run.exitCode, run.stderr).toBe(3);
        expect(run.stderr).toContain(words);
        expect([paths(provider), cloud.requests()]).toEqual([['GET /.well-known/openid-configuration'], []]);
      });
    }
  });

  it('that is not at its address is CONFIG, and one that has failed PROVIDER', async () => {
    for (const [status, exitCode] of [
      [404, 3],
      [302, 3],
      [500, 10],
    ] as const)
      for (const path of ['/.well-known/openid-configuration', '/token'])
        await signedIn(
          'v3oidcpassword',
          { ...discovery(), ...person },
          (run) => expect([run.exitCode, cloud.requests()], `${status} ${path} ${run.stderr}`).toEqual([exitCode, []]),
          () => provider.fail({ kind: 'answer', status, on: (request) => request.path === path }),
        );
  });

  it('that Keystone does not know is CONFIG', async () => {
    await signedIn('v3oidcaccesstoken', { ...at(), identity_provider: 'a/../b', access_token: federation.accessToken }, (run) => {
      expect(run.exitCode, run.stderr).toBe(3);
      expect(run.stderr).toContain('Check authUrl, identityProvider and protocol');
      expect(paths(cloud)).toEqual(['POST /v3/OS-FEDERATION/identity_providers/a%2F..%2Fb/protocols/openid/auth']);
    });
  });

  it.each([
    ['v3oidcpassword', ['identity_provider', 'protocol', 'client_id', 'discovery_endpoint', 'username', 'password']],
    ['v3oidcclientcredentials', ['identity_provider', 'client_id', 'discovery_endpoint', 'client_secret']],
    ['v3oidcaccesstoken', ['identity_provider', 'protocol', 'access_token']],
    ['v3totp', ['username', 'passcode']],
    ['v3multifactor', ['auth_methods', 'username', 'password']],
  ] as const)('%s without one of what it needs is CONFIG, and nothing is sent', async (type, needs) => {
    const whole = {
      ...discovery(),
      ...person,
      client_secret: client.secret,
      access_token: 'x',
      passcode,
      auth_methods: 'v3password',
    };
    for (const name of needs)
      await signedIn(type, { ...whole, [name]: undefined }, (run) => {
        expect([run.exitCode, paths(provider), paths(cloud)], `${name}: ${run.stderr}`).toEqual([3, [], []]);
      });
  });

  it('is kept in a profile', async () => {
    const values = { authType: 'v3oidcpassword', authUrl: cloud.origin, identityProvider: 'okta', protocol: 'openid', clientId: client.id, accessTokenEndpoint: `${provider.origin}/token`, username: person.username, project: 'demo', region: 'RegionOne' }; // prettier-ignore
    const set = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const added = await home.run(['profile', 'add', 'sso', '--provider', 'openstack', ...set, '--set', 'password=env:SSO']);
    expect(added.stderr).toBe('');
    expect((await home.run(['list', '-p', 'sso'], { env: { SSO: person.password } })).exitCode).toBe(0);
  });
});
