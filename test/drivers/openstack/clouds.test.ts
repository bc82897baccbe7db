import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startOpenstack, type OpenstackCloud } from '../../clouds/openstack/index.ts';
import { appCredential, idOf } from '../../clouds/openstack/keystone.ts';
import { cliHome, type CliHome } from '../../support/run-cli.ts';

let cloud: OpenstackCloud;
let home: CliHome;
beforeEach(async () => {
  cloud = await startOpenstack();
  home = cliHome();
});
afterEach(async () => {
  await home.remove();
  await cloud.stop();
});

type Env = Readonly<Record<string, string>>;
const file = (): string => path.join(home.folder, 'clouds.yaml');
const password = 'demo-hunter2';
const auth = (): object => ({ auth_url: `${cloud.origin}/v3`, username: 'demo', password, project_name: 'demo' });
const variables = (): Env => ({
  OS_AUTH_URL: `${cloud.origin}/v3`,
  OS_USERNAME: 'demo',
  OS_PASSWORD: password,
  OS_PROJECT_NAME: 'demo',
  OS_REGION_NAME: 'RegionOne',
});

/** A command line that takes its cloud from the environment, after which the cloud has been asked nothing else. */
async function imgctl(args: readonly string[], env: Env) {
  cloud.forget();
  const result = await home.run(args, { env });
  return { ...result, asked: cloud.requests(), signIns: bodies() };
}
const bodies = (): readonly unknown[] =>
  cloud.requests().flatMap(({ path: asked, body }) => (asked.endsWith('/auth/tokens') ? [JSON.parse(body)] : [])) as unknown[];
const list = ['list', '-p', 'env:openstack', '-o', 'json'];
/** With a clouds.yaml that has these clouds. JSON is YAML too. */
function withClouds(clouds: object | string, args: readonly string[] = list, env: Env = { OS_CLOUD: 'x' }) {
  writeFileSync(file(), typeof clouds === 'string' ? clouds : JSON.stringify({ clouds }));
  return imgctl(args, { OS_CLIENT_CONFIG_FILE: file(), ...env });
}
const methods = (auths: readonly unknown[]) =>
  auths.map((body) => (body as { auth: { identity: { methods: readonly string[] } } }).auth.identity.methods.join());

describe('the way to sign in', () => {
  const federated = ['v3oidcauthcode', 'v3oidcdeviceauthz', 'v3websso', 'v3kerberos', 'v3fedkerb', 'v3samlpassword'];
  const rare = ['v3adfspassword', 'v3oauth1', 'v3oauth2clientcredential', 'v3tokenlessauth', 'v2password', 'v2token'];
  const unsupported = [...federated, ...rare, 'http_basic', 'toString'];
  const everything = (): object => ({
    ...auth(),
    token: 'some-token',
    passcode: '123456',
    identity_provider: 'okta',
    client_id: 'cid',
    client_secret: 'csec',
    discovery_endpoint: `${cloud.origin}/v3`,
  });

  it.each(unsupported)('%s is refused, and nothing is sent', async (type) => {
    const config = { region_name: 'RegionOne', auth: everything() };
    const runs = [
      await withClouds({ x: { ...config, auth_type: type } }),
      await withClouds({ x: { ...config, 'auth-type': type } }),
      await withClouds({ x: config }, list, { OS_CLOUD: 'x', OS_AUTH_TYPE: type }),
      await imgctl(list, { ...variables(), OS_AUTH_TYPE: type }),
    ];
    for (const run of runs) {
      expect([run.exitCode, run.asked], run.stderr).toEqual([3, []]);
      expect(run.stderr).toContain(`auth_type ${type} is`);
      expect(run.stdout + run.stderr).not.toContain(password);
    }
    const imported = await withClouds({ x: { ...config, auth_type: type } }, ['profile', 'import'], {});
    expect(imported.exitCode).toBe(5);
    expect(imported.stderr).toContain(`left out: x (openstack, ${file()})`);
    const stored = await home.run(['profile', 'add', 'y', '--provider', 'openstack', '--set', `authType=${type}`]);
    expect(stored.exitCode).toBe(2);
    const given = Object.entries({ ...cloud.values, authType: type });
    const env = Object.fromEntries([['IMGCTL_PROFILE_Z_PROVIDER', 'openstack'], ...given.map(([k, v]) => [`IMGCTL_PROFILE_Z_${k.toUpperCase()}`, v])]) as Env; // prettier-ignore
    for (const args of [['list', '-p', 'z'], ['profile', 'check', 'z']]) expect(await imgctl(args, env)).toMatchObject({ exitCode: 3, asked: [] }); // prettier-ignore
  });

  const dead = { OS_APPLICATION_CREDENTIAL_ID: 'dead', OS_APPLICATION_CREDENTIAL_SECRET: 'x', OS_TOKEN: 'dead' };
  const robot = { OS_APPLICATION_CREDENTIAL_ID: appCredential.id, OS_APPLICATION_CREDENTIAL_SECRET: appCredential.secret };

  it.each([
    ['password', dead, 'password'],
    ['v3password', dead, 'password'],
    ['', dead, 'password'],
    ['v3applicationcredential', { ...robot, OS_TOKEN: 'dead' }, 'application_credential'],
  ])('%j in the variables wins over what else is set', async (type, others, method) => {
    const run = await imgctl(list, { ...variables(), ...others, OS_AUTH_TYPE: type });
    expect([run.exitCode, methods(run.signIns)], run.stderr).toEqual([0, [method]]);
    expect(JSON.stringify(run.asked)).not.toContain('dead');
  });

  it('in a file wins over what else is set there and in the variables', async () => {
    const credential = { application_credential_id: appCredential.id, application_credential_secret: appCredential.secret };
    const both = { region_name: 'RegionOne', auth: { ...auth(), ...credential } };
    const ways = [
      [{ ...both, auth_type: 'v3applicationcredential' }, {}, 'application_credential'],
      [{ ...both, auth_type: 'password' }, {}, 'password'],
      [both, {}, 'password'],
      [{ region_name: 'RegionOne', auth: auth() }, dead, 'password'],
      [{ region_name: 'RegionOne', auth: { auth_url: `${cloud.origin}/v3`, ...credential } }, {}, 'application_credential'],
    ] as const;
    for (const [x, env, method] of ways) {
      const run = await withClouds({ x }, list, { OS_CLOUD: 'x', ...env });
      expect([run.exitCode, methods(run.signIns)], run.stderr).toEqual([0, [method]]);
    }
  });

  it('that is not complete is an error, and no other is tried', async () => {
    for (const type of ['v3applicationcredential', 'token', 'admin_token', 'none']) {
      const run = await imgctl(list, { ...variables(), OS_AUTH_TYPE: type });
      expect([run.exitCode, run.asked], `${type}: ${run.stderr}`).toEqual([3, []]);
    }
  });

  it('token sends the token alone', async () => {
    const { auth: _unused, ...rest } = { auth: 1, ...variables() };
    const { signIns } = await imgctl(list, { ...rest, OS_AUTH_TYPE: 'token', OS_TOKEN: 'some-token' });
    expect(signIns).toMatchObject([{ auth: { identity: { methods: ['token'], token: { id: 'some-token' } } } }]);
    expect(JSON.stringify(signIns)).not.toContain(password);
  });

  it('a user is named by id as well', async () => {
    const { OS_USERNAME: _name, ...env } = variables();
    const config = { region_name: 'RegionOne', auth: { ...auth(), username: undefined, user_id: idOf('demo') } };
    for (const run of [await imgctl(list, { ...env, OS_USER_ID: idOf('demo') }), await withClouds({ x: config })]) {
      expect(run.exitCode, run.stderr).toBe(0);
      expect(run.signIns).toMatchObject([{ auth: { identity: { password: { user: { id: idOf('demo'), password } } } } }]);
    }
    const { username: _user, ...values } = cloud.values;
    const set = Object.entries({ ...values, userId: idOf('demo') }).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    await home.run(['profile', 'add', 'kept', '--provider', 'openstack', ...set]);
    expect((await imgctl(['list', '-p', 'kept'], {})).exitCode).toBe(0);
  });

  it('an application credential by name takes the user by id', async () => {
    const credential = { application_credential_name: 'robot', application_credential_secret: appCredential.secret };
    const config = { auth_type: 'v3applicationcredential', auth: { auth_url: cloud.origin, user_id: 'u', ...credential } };
    const { signIns } = await withClouds({ x: config });
    expect(signIns).toMatchObject([{ auth: { identity: { application_credential: { name: 'robot', user: { id: 'u' } } } } }]);
  });

  it.each(['OS_DOMAIN_NAME', 'OS_DOMAIN_ID', 'domain_name', 'domain_id'])('%s is the domain of user and project', async (key) => {
    const domain = key.endsWith('ID') || key.endsWith('id') ? 'ac3e0000000000000000000000000000' : 'acme';
    const as = domain === 'acme' ? { name: domain } : { id: domain };
    const run = async (user?: string) =>
      key.startsWith('OS_')
        ? imgctl(list, { ...variables(), [key]: domain, ...(user ? { OS_USER_DOMAIN_NAME: user } : {}) })
        : withClouds({ x: { auth: { ...auth(), [key]: domain, ...(user ? { user_domain_name: user } : {}) } } });
    const both = { auth: { identity: { password: { user: { domain: as } } }, scope: { project: { domain: as } } } };
    expect((await run()).signIns).toMatchObject([both]);
    const own = { auth: { identity: { password: { user: { domain: { name: 'own' } } } }, scope: { project: { domain: as } } } };
    expect((await run('own')).signIns).toMatchObject([own]);
  });
});

describe('a cloud without Keystone', () => {
  it('is spoken to without a token, or with a fixed one that is never shown', async () => {
    const endpoint = `${cloud.origin}/image`;
    const none = await withClouds({ x: { auth_type: 'none', auth: { endpoint } } });
    expect(none.asked.map(({ path: asked }) => asked.split('?')[0])).toEqual(['/image/v2/images']);
    expect(none.asked[0]?.headers).not.toHaveProperty('x-auth-token');
    for (const auth_type of ['admin_token', 'token_endpoint']) {
      const fixed = await withClouds({ x: { auth_type, auth: { endpoint, token: 'fixed-token', password, username: 'x' } } }, [...list, '--debug']); // prettier-ignore
      expect(fixed.asked.map(({ headers }) => headers['x-auth-token'])).toEqual(['fixed-token']);
      expect(fixed.stdout + fixed.stderr).not.toContain('fixed-token');
    }
    const variable = await imgctl(list, { OS_AUTH_TYPE: 'admin_token', OS_TOKEN: 'fixed-token', OS_ENDPOINT: endpoint });
    expect(variable.asked.map(({ headers }) => headers['x-auth-token'])).toEqual(['fixed-token']);
  });
});

describe('a cloud that builds on another', () => {
  const infra = { profile: 'acme', region_name: 'RegionOne', auth: { username: 'demo', password, project_name: 'demo' } };
  const acme = (): object => ({ auth: { auth_url: `${cloud.origin}/v3`, user_domain_name: 'Default' }, region_name: 'Nowhere' });

  it('takes what it lacks from the clouds-public.yaml beside it, or the one that is named', async () => {
    const text = JSON.stringify({ 'public-clouds': { acme: acme() } });
    const elsewhere = path.join(home.folder, 'vendors.yaml');
    writeFileSync(elsewhere, text);
    expect((await withClouds({ x: infra }, list, { OS_CLOUD: 'x', OS_CLIENT_VENDOR_FILE: elsewhere })).exitCode).toBe(0);
    expect((await withClouds({ x: infra })).exitCode).toBe(3);
    writeFileSync(path.join(home.folder, 'clouds-public.yaml'), text);
    expect((await withClouds({ x: infra })).exitCode).toBe(0);
  });

  it('that nobody knows is named, with what is missing; it works with an address of its own', async () => {
    const run = await withClouds({ x: infra });
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain('profile acme is not known, and auth_url is missing');
    expect((await withClouds({ x: { ...infra, auth: { ...auth() } } })).exitCode).toBe(0);
    expect((await withClouds({ x: infra }, list, { OS_CLOUD: 'x', OS_AUTH_URL: `${cloud.origin}/v3` })).exitCode).toBe(0);
  });
});

describe('values of a region', () => {
  const regions = (): object => ({
    x: {
      auth: auth(),
      interface: 'internal',
      regions: [
        { name: 'RegionOne', values: { auth: { auth_url: `${cloud.origin}/v3`, project_name: 'demo' }, interface: 'public' } },
        { name: 'RegionTwo', values: { auth: { auth_url: `${cloud.origin}/keystone/v3`, username: 'alt', password: 'alt-hunter2', project_name: 'alt' } } },
        'Prefixed',
      ],
    },
  }); // prettier-ignore

  it.each([
    ['the first', [], {}, '/v3', 'demo', '/image'],
    ['a variable', [], { OS_REGION_NAME: 'RegionTwo' }, '/keystone/v3', 'alt', '/image-two'],
    ['an option', ['--region', 'RegionTwo'], {}, '/keystone/v3', 'alt', '/image-two'],
    ['an option over a variable', ['--region', 'Prefixed'], { OS_REGION_NAME: 'RegionTwo' }, '/v3', 'demo', '/glance'],
  ] as const)('hold where it is chosen as %s, and nowhere else', async (_how, args, env, keystone, project, glance) => {
    const run = await withClouds(regions(), [...list, ...args], { OS_CLOUD: 'x', ...env });
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.asked.map(({ path: asked }) => asked.split('?')[0])).toEqual([`${keystone}/auth/tokens`, `${glance}/v2/images`]);
    expect(run.signIns).toMatchObject([{ auth: { scope: { project: { name: project } } } }]);
  });

  it('are kept by import, a profile for each region', async () => {
    expect((await withClouds(regions(), ['profile', 'import'], {})).exitCode).toBe(0);
    const run = await imgctl(['list', '-p', 'x-RegionTwo', '-o', 'json'], {});
    expect(run.asked.map(({ path: asked }) => asked.split('?')[0])).toEqual(['/keystone/v3/auth/tokens', '/image-two/v2/images']);
  });

  it('of a region that the cloud does not list are not guessed', async () => {
    for (const [args, env] of [[['--region', 'Mars'], {}], [[], { OS_REGION_NAME: 'Mars' }]] as const) {
      const run = await withClouds(regions(), [...list, ...args], { OS_CLOUD: 'x', ...env });
      expect([run.exitCode, run.asked]).toEqual([3, []]);
      expect(run.stderr).toContain('RegionOne, RegionTwo, Prefixed');
    }
  }); // prettier-ignore
});

describe('what is said for the image service alone', () => {
  it.each([
    ['image_endpoint', 'image-two'],
    ['image_endpoint_override', 'image-two'],
  ])('%s goes before the catalogue', async (key, glance) => {
    const run = await withClouds({ x: { auth: auth(), region_name: 'RegionOne', [key]: `${cloud.origin}/${glance}` } });
    expect(run.asked.at(-1)?.path).toMatch(new RegExp(`^/${glance}/v2/images`));
  });

  it('goes before what is said for all services', async () => {
    const said = { interface: 'nowhere', image_interface: 'internal', region_name: 'Mars', image_region_name: 'RegionTwo' };
    const run = await withClouds({ x: { auth: auth(), ...said } });
    expect(run.asked.at(-1)?.path, run.stderr).toMatch(/^\/image-two\/v2\/images/);
    const other = await withClouds({ x: { auth: auth(), region_name: 'RegionOne', image_service_type: 'identity' } });
    expect(other.asked.at(-1)?.path).toMatch(/^\/v3\/v2\/images|^\/v2\/images/);
  });
});

describe('a clouds.yaml that is not plain', () => {
  const tagged = (value: string): string =>
    `clouds:\n  x:\n    region_name: RegionOne\n    auth:\n      auth_url: ${cloud.origin}/v3\n      username: demo\n      password: ${value}\n      project_name: demo\n`;
  const unreadable: readonly (readonly [string, string, RegExp])[] = [
    ['a tag', '!secret demo-hunter2', /line 7/],
    ['a password that looks like a tag', '!demo-hunter2', /line 7/],
    ['a vaulted value', '!vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        demo-hunter2', /line 7/],
    ['an alias of nothing', '*demo-hunter2', /./],
  ];

  it.each(unreadable)('is refused for %s, by file and line and without the value', async (_what, value, where) => {
    const warned = vi.spyOn(process, 'emitWarning');
    for (const output of ['table', 'json', 'jsonl', 'yaml'])
      for (const args of [['list', '-p', 'env:openstack'], ['profile', 'import']]) {
        const run = await withClouds(tagged(value), [...args, '-o', output, '--debug']);
        expect([run.exitCode, run.asked], run.stderr).toEqual([3, []]);
        expect(run.stderr).toContain(file());
        expect(run.stderr).toMatch(where);
        expect(run.stdout + run.stderr).not.toContain('hunter2');
      }
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
    expect((await withClouds(tagged(password))).exitCode).toBe(0);
  }); // prettier-ignore

  it('is refused as a whole vault, which is there and no mapping; so is a secure.yaml', async () => {
    const vault = '$ANSIBLE_VAULT;1.1;AES256\n6162636465666768\n';
    const run = await withClouds(vault);
    expect([run.exitCode, run.asked]).toEqual([3, []]);
    expect(run.stderr).toContain(`${file()}: the file is not a mapping (is it encrypted?)`);
    expect(run.stderr).not.toContain('6162');
    await mkdir(path.join(home.folder, 'other'));
    writeFileSync(path.join(home.folder, 'secure.yaml'), vault);
    expect((await withClouds({ x: { auth: auth() } })).stderr).toContain('secure.yaml: the file is not a mapping');
  });
});

describe('what import leaves out', () => {
  it('is named with the reason, beside what is imported', async () => {
    const clouds = { good: { auth: auth() }, rented: { profile: 'ovh', auth: { username: 'x' } } };
    const run = await withClouds(clouds, ['profile', 'import', '-o', 'json'], {});
    expect(run.exitCode).toBe(0);
    const rows = run.json() as readonly { name: string; state: string }[];
    expect(rows.map(({ name, state }) => `${name} ${state}`)).toEqual(['good imported', 'rented left out']);
    expect(run.stderr).toContain(`left out: rented (openstack, ${file()}): its profile ovh is not known`);
    expect(run.stderr).toContain('auth_url is missing. Set auth_url in');
    const alone = await withClouds({ rented: clouds.rented }, ['profile', 'import'], {});
    expect(alone.exitCode).toBe(5);
    expect(alone.stderr).toContain('left out: rented');
    expect(alone.stderr).not.toContain('no profiles of other tools');
  });
});
