import { describe, expect, it } from 'vitest';
import type { HostEnvironment } from '../../../src/core/driver.ts';
import { Secret } from '../../../src/core/secret.ts';
import linode from '../../../src/drivers/linode/index.ts';
import { parseIni } from '../../../src/host/ini.ts';

/** A machine with these files and variables. */
const machine = (files: Readonly<Record<string, string>>, env: HostEnvironment['env'] = {}): HostEnvironment => ({
  env,
  home: '/home/me',
  configHome: '/elsewhere',
  text: async (path) => files[path],
  yaml: () => undefined,
  ini: parseIni,
});

/** What is found, with secrets laid open. */
async function found(files: Readonly<Record<string, string>>, env?: HostEnvironment['env']) {
  const profiles = await linode.discover(machine(files, env));
  return profiles.map(({ fields, ...rest }) => ({
    ...rest,
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value instanceof Secret ? `secret ${value.reveal()}` : value]),
    ),
  }));
}

const configuration = `[DEFAULT]
default-user = me

[me]
TOKEN = abc%%def
Region = us-ord
type = g6-nanode-1

[work-eu]
token = xyz
api_host = api.example.invalid
api_version = v4beta

[custom_aliases]
token = not-one
`;

describe('profiles found for Linode', () => {
  it('reads linode-cli’s file, keys in any case, with host and version, and marks its default user', async () => {
    const path = '/home/me/.config/linode-cli';
    expect(await found({ [path]: configuration })).toEqual([
      { name: 'me', source: path, ambient: true, fields: { token: 'secret abc%def', region: 'us-ord' } },
      {
        name: 'work-eu',
        source: path,
        fields: { token: 'secret xyz', endpoint: 'https://api.example.invalid', apiVersion: 'v4beta' },
      },
    ]);
  });

  it('looks where LINODE_CLI_CONFIG says, else in the home folder first, else under XDG_CONFIG_HOME', async () => {
    const file = (token: string): string => `[me]\ntoken = ${token}\n`;
    const files = { '/home/me/.linode-cli': file('old'), '/x/linode-cli': file('xdg'), '/named': file('named') };
    const tokens = async (env: HostEnvironment['env'], from: Readonly<Record<string, string>>) =>
      (await found(from, env)).map(({ fields }) => fields.token);
    expect(await tokens({ LINODE_CLI_CONFIG: '/named', XDG_CONFIG_HOME: '/x' }, files)).toEqual(['secret named']);
    expect(await tokens({ XDG_CONFIG_HOME: '/x' }, files)).toEqual(['secret old']);
    expect(await tokens({ XDG_CONFIG_HOME: '/x' }, { '/x/linode-cli': files['/x/linode-cli'] })).toEqual(['secret xdg']);
  });

  it('lets every variable beat the file’s default user, also without a token among them', async () => {
    const files = { '/home/me/.config/linode-cli': configuration };
    const ambient = async (env: HostEnvironment['env'], from: Readonly<Record<string, string>> = files) =>
      (await found(from, env)).filter((profile) => profile.ambient);
    const env = { LINODE_CLI_API_HOST: 'staging.example', LINODE_CLI_CA: '/ca.pem', LINODE_CLI_API_VERSION: 'v4beta' };
    expect(await ambient(env)).toEqual([
      {
        name: 'linode',
        source: '/home/me/.config/linode-cli and LINODE_* variables',
        ambient: true,
        fields: {
          token: 'secret abc%def',
          region: 'us-ord',
          endpoint: 'https://staging.example',
          apiVersion: 'v4beta',
          caBundle: '/ca.pem',
        },
      },
    ]);
    expect(await ambient(env, {})).toEqual([]);
    expect((await ambient({ LINODE_URL: 'https://other.example' })).map(({ name }) => name)).toEqual(['me']);
    expect((await ambient({ ...env, LINODE_TOKEN: 't' }))[0]?.fields).toMatchObject({ token: 'secret t', caBundle: '/ca.pem' });
  });

  it('lets the environment’s token beat the file’s, linode-cli’s variable first', async () => {
    const files = { '/home/me/.config/linode-cli': configuration };
    const env = {
      LINODE_TOKEN: 'second',
      LINODE_CLI_TOKEN: 'first',
      LINODE_CLI_API_HOST: 'localhost:9',
      LINODE_CLI_API_SCHEME: 'http',
    };
    const ambient = (await found(files, env)).filter((profile) => profile.ambient);
    expect(ambient).toEqual([
      {
        name: 'linode',
        source: 'LINODE_CLI_TOKEN',
        ambient: true,
        fields: { token: 'secret first', region: 'us-ord', endpoint: 'http://localhost:9' },
      },
    ]);
    expect(await found({}, { LINODE_TOKEN: 'alone' })).toMatchObject([
      { source: 'LINODE_TOKEN', fields: { token: 'secret alone' } },
    ]);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await found({})).toEqual([]);
  });

  it('leaves out a user without a token, and says so', async () => {
    const path = '/home/me/.linode-cli';
    expect(await found({ [path]: '[me]\nregion = us-ord\n' })).toEqual([
      { name: 'me', source: path, fields: {}, leftOut: 'it has no token' },
    ]);
  });
});
