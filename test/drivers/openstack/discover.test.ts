import { describe, expect, it } from 'vitest';
import type { HostEnvironment } from '../../../src/core/driver.ts';
import { Secret } from '../../../src/core/secret.ts';
import driver from '../../../src/drivers/openstack/index.ts';
import { failureOf } from '../../conformance/stage.ts';

/** A machine with these variables and files. Files are objects: JSON is YAML too. */
const machine = (env: HostEnvironment['env'], files: Readonly<Record<string, unknown>> = {}): HostEnvironment => ({
  env,
  home: '/home/me',
  configHome: '/home/me/.config',
  text: (path) => Promise.resolve(files[path] === undefined ? undefined : JSON.stringify(files[path])),
  yaml: (text) => JSON.parse(text) as unknown,
  ini: () => ({}),
});

/** What was found, with secrets revealed to be compared. */
async function discovered(env: HostEnvironment['env'], files?: Readonly<Record<string, unknown>>) {
  const found = await driver.discover(machine(env, files));
  return found.map(({ fields, ...rest }) => ({
    ...rest,
    ambient: rest.ambient ?? false,
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
  it('gives a profile for every cloud in every region of it, and leaves out what has no address', async () => {
    const found = await discovered({}, { [usual]: { clouds: { lab, robot, vendor } } });
    expect(found.map(({ name }) => name)).toEqual(['lab', 'robot', 'robot-West', 'vendor']);
    expect(found[3]).toMatchObject({ fields: {}, leftOut: 'its profile somebody is not known, and auth_url is missing' });
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
    const json = { '/home/me/.config/openstack/clouds.json': { clouds: { site: { auth: lab.auth } } } };
    const completed = { ...json, '/home/me/.config/openstack/secure.json': { clouds: { site: { auth: { password: 'own' } } } } };
    expect((await discovered({}, completed))[0]?.fields).toMatchObject({ password: 'secret own' });
  });

  it('is completed by secure.yaml, all the way down', async () => {
    const { password: _kept, ...auth } = lab.auth;
    const files = {
      [usual]: { clouds: { lab: { ...lab, auth } } },
      '/etc/openstack/secure.yaml': { clouds: { lab: { auth: { password: 'from-secure' } } } },
    };
    expect((await discovered({}, files))[0]?.fields).toMatchObject({ username: 'me', password: 'secret from-secure' });
  });

  it('that is no mapping is an error, and an empty one gives nothing', async () => {
    const broken = [['not', 'clouds'], '$ANSIBLE_VAULT;1.1;AES256 6162', { clouds: ['lab'] }];
    for (const content of broken) {
      const error = await failureOf(discovered({}, { [usual]: content }), 'CONFIG');
      expect(error.message).toContain(usual);
      expect(error.message).not.toContain('6162');
    }
    expect(await discovered({}, { [usual]: {} })).toEqual([]);
  });

  it('says what is wrong with a cloud that cannot be used', async () => {
    const found = await discovered(
      {},
      { [usual]: { clouds: { text: 'no', empty: {}, old: { ...lab, auth_type: 'v2password' } } } },
    );
    expect(found.map(({ name, leftOut, fields }) => [name, leftOut, fields])).toEqual([
      ['text', 'it is not a mapping', {}],
      ['empty', 'auth_url is missing', {}],
      ['old', 'auth_type v2password is Keystone v2, which no longer exists', {}],
    ]);
  });
});

describe('what the environment stands for', () => {
  const both = { [usual]: { clouds: { lab, robot } } };

  it('is the cloud that OS_CLOUD names, overruled by other variables', async () => {
    const ambient = async (env: HostEnvironment['env']) => (await discovered(env, both)).find((profile) => profile.ambient);
    expect(await ambient({ OS_CLOUD: 'lab' })).toMatchObject({ name: 'lab', fields: { region: 'North' } });
    expect(await ambient({ OS_CLOUD: 'lab', OS_REGION_NAME: 'South' })).toMatchObject({
      name: 'lab',
      fields: { username: 'me', region: 'South' },
    });
    expect(await ambient({ OS_CLOUD: 'robot', OS_REGION_NAME: 'West' })).toMatchObject({
      name: 'robot-West',
      fields: { region: 'West' },
    });
    expect(await ambient({ OS_CLOUD: 'robot', OS_REGION_NAME: 'North' })).toMatchObject({
      fields: {},
      leftOut: 'it has no region North',
      hint: 'Regions of robot: East, West',
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
    expect(error.circumstances.hint).toBe(`Clouds in ${usual}: lab, robot`);
  });
});

describe('what lies in the current folder', () => {
  const here = './clouds.yaml';
  const there = { auth: { auth_url: 'https://stranger.example/v3' } };
  const secrets = async (env: HostEnvironment['env'], files: Readonly<Record<string, unknown>>) =>
    JSON.stringify((await discovered(env, files)).filter(({ fields }) => JSON.stringify(fields).includes('stranger')));
  const home = { [usual]: { clouds: { lab } }, '/home/me/.config/openstack/secure.yaml': { clouds: { lab } } };

  it('is not completed from files elsewhere, nor does it change where their secrets go', async () => {
    for (const name of ['clouds', 'secure', 'clouds-public'])
      for (const ending of ['yaml', 'yml']) {
        const content = { clouds: { lab: there }, 'public-clouds': { lab: there } };
        expect(await secrets({}, { ...home, [`./${name}.${ending}`]: content }), name).not.toContain('hunter2');
      }
    const public_ = { [usual]: { clouds: { lab: { profile: 'lab', auth: { password: 'hunter2' } } } } };
    const planted = { './clouds-public.yaml': { 'public-clouds': { lab: there } } };
    expect(await secrets({}, { ...public_, ...planted })).toBe('[]');
  });

  it.each(['OS_PASSWORD', 'OS_TOKEN', 'OS_APPLICATION_CREDENTIAL_SECRET'])('gets no %s of the environment', async (variable) => {
    const env = { [variable]: 'hunter2', OS_USERNAME: 'me', OS_APPLICATION_CREDENTIAL_ID: 'x', OS_CLOUD: 'lab' };
    const found = (await discovered(env, { [here]: { clouds: { lab: there } } })).find((profile) => profile.ambient);
    expect(found?.leftOut).toBe('secrets of the environment are not sent to the address in ./clouds.yaml');
    expect(found?.fields).toEqual({});
    const chosen = { ...env, OS_CLIENT_CONFIG_FILE: here };
    expect(JSON.stringify((await discovered(chosen, { [here]: { clouds: { lab: there } } })).at(-1)?.fields)).toContain(
      'hunter2',
    );
  });

  it.each(['image_endpoint', 'image_endpoint_override', 'discovery_endpoint', 'access_token_endpoint', 'cacert', 'insecure'])(
    'gets none by its %s either, where the address itself is the user’s',
    async (key) => {
      const env = { OS_AUTH_URL: 'https://mine/v3', OS_USERNAME: 'me', OS_PASSWORD: 'hunter2', OS_CLOUD: 'lab' };
      const own = (lab: object) => discovered(env, { [here]: { clouds: { lab } } });
      const harmful = { ...there, [key]: key === 'insecure' ? true : 'https://stranger.example' };
      expect(JSON.stringify((await own(harmful)).filter((profile) => profile.ambient))).not.toContain('hunter2');
      expect((await own({ ...there, region_name: 'x' })).at(-1)?.fields).toMatchObject({ password: 'secret hunter2' });
    },
  );

  it('is used with its own secrets, also those of a secure.yaml beside it', async () => {
    const files = { [here]: { clouds: { lab: there } }, './secure.yaml': { clouds: { lab: { auth: { password: 'own' } } } } };
    expect((await discovered({ OS_PASSWORD: 'hunter2' }, files)).at(-1)?.fields).toMatchObject({ password: 'secret own' });
  });
});
