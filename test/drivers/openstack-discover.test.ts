import { describe, expect, it } from 'vitest';
import type { Surroundings } from '../../src/core/driver.ts';
import { Secret } from '../../src/core/secret.ts';
import driver from '../../src/drivers/openstack/index.ts';
import { failureOf } from '../conformance/stage.ts';

/** A machine with these variables and files. Files are objects: JSON is YAML too. */
const machine = (env: Surroundings['env'], files: Readonly<Record<string, unknown>> = {}): Surroundings => ({
  env,
  home: '/home/me',
  configHome: '/home/me/.config',
  text: (path) => Promise.resolve(files[path] === undefined ? undefined : JSON.stringify(files[path])),
  yaml: (text) => JSON.parse(text) as unknown,
  ini: () => ({}),
});

/** What was found, with secrets revealed to be compared. */
async function discovered(env: Surroundings['env'], files?: Readonly<Record<string, unknown>>) {
  const found = await driver.discover(machine(env, files));
  return found.map(({ name, source, ambient, fields }) => ({
    name,
    source,
    ambient: ambient ?? false,
    fields: Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [key, value instanceof Secret ? `secret ${value.reveal()}` : value]),
    ),
  }));
}

const lab = {
  auth: {
    auth_url: 'https://lab.example:5000/v3',
    username: 'me',
    password: 'hunter2',
    project_name: 'proj',
    user_domain_name: 'Default',
    project_domain_id: 'default',
  },
  region_name: 'North',
  interface: 'internal',
  verify: false,
  cacert: '/etc/ca.pem',
  cert: '~/me.crt',
  key: '~/me.key',
};
const robot = {
  auth: { auth_url: 'https://r.example', application_credential_id: 7, application_credential_secret: 's' },
  regions: ['East', { name: 'West' }],
};
const vendor = { profile: 'somebody', auth: { username: 'x' } };
const usual = '/home/me/.config/openstack/clouds.yaml';

describe('clouds.yaml', () => {
  it('gives a profile for every cloud that has an address, and for every region of it', async () => {
    const found = await discovered({}, { [usual]: { clouds: { lab, robot, vendor } } });
    expect(found.map(({ name }) => name)).toEqual(['lab', 'robot', 'robot-West']);
    expect(found[0]).toEqual({
      name: 'lab',
      source: usual,
      ambient: false,
      fields: {
        authUrl: 'https://lab.example:5000/v3',
        username: 'me',
        password: 'secret hunter2',
        project: 'proj',
        userDomain: 'Default',
        projectDomain: 'default',
        region: 'North',
        interface: 'internal',
        insecure: 'true',
        caBundle: '/etc/ca.pem',
        clientCert: '~/me.crt',
        clientKey: '~/me.key',
      },
    });
    expect(found[2]?.fields).toMatchObject({
      applicationCredentialId: '7',
      applicationCredentialSecret: 'secret s',
      region: 'West',
    });
  });

  it('is the one that is named, else the first of the usual places', async () => {
    const files = {
      './clouds.yaml': { clouds: { here: lab } },
      [usual]: { clouds: { there: lab } },
      '/elsewhere.yaml': { clouds: { named: lab } },
    };
    expect((await discovered({}, files)).map(({ name }) => name)).toEqual(['here']);
    expect((await discovered({ OS_CLIENT_CONFIG_FILE: '/elsewhere.yaml' }, files)).map(({ name }) => name)).toEqual(['named']);
    const site = { '/etc/openstack/clouds.yml': { clouds: { site: lab } } };
    expect((await discovered({}, site)).map(({ name }) => name)).toEqual(['site']);
  });

  it('is completed by secure.yaml, all the way down', async () => {
    const { password: _kept, ...auth } = lab.auth;
    const files = {
      [usual]: { clouds: { lab: { ...lab, auth } } },
      '/etc/openstack/secure.yaml': { clouds: { lab: { auth: { password: 'from-secure' } } } },
    };
    expect((await discovered({}, files))[0]?.fields).toMatchObject({ username: 'me', password: 'secret from-secure' });
  });

  it('that is no mapping gives nothing', async () => {
    expect(await discovered({}, { [usual]: ['not', 'clouds'] })).toEqual([]);
  });
});

describe('what the environment stands for', () => {
  const both = { [usual]: { clouds: { lab, robot } } };

  it('is the cloud that OS_CLOUD names, overruled by other variables', async () => {
    const ambient = async (env: Surroundings['env']) => (await discovered(env, both)).find((profile) => profile.ambient);
    expect(await ambient({ OS_CLOUD: 'lab' })).toMatchObject({ name: 'lab', fields: { region: 'North' } });
    expect(await ambient({ OS_CLOUD: 'lab', OS_REGION_NAME: 'South' })).toMatchObject({
      name: 'lab',
      fields: { username: 'me', region: 'South' },
    });
    expect(await ambient({})).toBeUndefined();
  });

  it('is the only cloud there is', async () => {
    expect(await discovered({}, { [usual]: { clouds: { lab } } })).toMatchObject([{ name: 'lab', ambient: true }]);
  });

  it('is what the variables say, in their old names too', async () => {
    const env = {
      OS_AUTH_URL: 'https://k/v3',
      OS_USERNAME: 'me',
      OS_PASSWORD: 'pw',
      OS_TENANT_NAME: 'p',
      OS_USER_DOMAIN_NAME: '',
      OS_DEFAULT_DOMAIN: 'dom',
    };
    expect(await discovered(env)).toEqual([
      {
        name: 'openstack',
        source: 'OS_* variables',
        ambient: true,
        fields: {
          authUrl: 'https://k/v3',
          username: 'me',
          password: 'secret pw',
          project: 'p',
          userDomain: 'dom',
          interface: 'public',
        },
      },
    ]);
    expect(await discovered({ OS_USERNAME: 'me' })).toEqual([]);
  });

  it('is an error when OS_CLOUD names what is not there', async () => {
    const error = await failureOf(discovered({ OS_CLOUD: 'attic' }, both), 'CONFIG');
    expect(error.circumstances.hint).toBe('clouds there: lab, robot, robot-West');
  });
});
