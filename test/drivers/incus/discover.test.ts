import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import driver from '../../../src/drivers/incus/index.ts';
import { environmentOf } from '../../../src/host/environment.ts';

const root = mkdtempSync(path.join(tmpdir(), 'imgctl-remotes-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A home with these files, found through these variables. What is set for the whole machine is out of sight. */
async function found(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const home = mkdtempSync(path.join(root, 'home-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(home, name)), { recursive: true });
    writeFileSync(path.join(home, name), text);
  }
  const nowhere = { INCUS_GLOBAL_CONF: path.join(home, 'none'), LXD_GLOBAL_CONF: path.join(home, 'none') };
  const profiles = await driver.discover(environmentOf({ env: { ...nowhere, ...env }, home, platform: 'linux' }));
  return profiles.map(({ source: _file, tool, notes: _notes, ...profile }) => ({
    ...profile,
    tool,
    fields: Object.fromEntries(
      Object.entries(profile.fields).map(([name, value]) => [name, String(value).replace(`${home}/`, '')]),
    ),
  }));
}

const remotes = (of: object, preferred?: string): string =>
  JSON.stringify({ ...(preferred === undefined ? {} : { 'default-remote': preferred }), remotes: of });

describe('servers that the official clients know', () => {
  it('are found with the certificates that are kept beside them, Incus before LXD', async () => {
    const profiles = await found({
      '.config/incus/config.yml': remotes(
        {
          far: { addr: 'https://far.example:8443,https://10.0.0.2:8443', protocol: 'incus', project: 'web' },
          own: { addr: 'https://own.example:8443' },
          images: { addr: 'https://images.example', protocol: 'simplestreams', public: true },
          open: { addr: 'https://open.example:8443', public: true },
          sso: { addr: 'https://sso.example:8443', auth_type: 'oidc' },
        },
        'own',
      ),
      '.config/incus/client.crt': 'pem',
      '.config/incus/clientcerts/own.crt': 'pem',
      '.config/incus/servercerts/far.crt': 'pem',
      'snap/lxd/common/config/config.yml': remotes({ far: { addr: 'https://lxd.example:8443', protocol: 'lxd' } }, 'far'),
      'snap/lxd/common/config/client.crt': 'pem',
    });
    const certificate = (folder: string, name = 'client') => ({
      clientCert: `${folder}/${name}.crt`,
      clientKey: `${folder}/${name}.key`,
    });
    expect(profiles.filter(({ name }) => !['incus', 'lxd'].includes(name))).toEqual([
      {
        name: 'far',
        tool: 'incus',
        fields: {
          url: 'https://far.example:8443',
          project: 'web',
          serverCert: '.config/incus/servercerts/far.crt',
          ...certificate('.config/incus'),
        },
      },
      {
        name: 'own',
        tool: 'incus',
        ambient: true,
        fields: { url: 'https://own.example:8443', ...certificate('.config/incus', 'clientcerts/own') },
      },
      { name: 'sso', tool: 'incus', fields: {}, leftOut: expect.any(String), hint: expect.stringContaining('token') },
      { name: 'far-2', tool: 'lxc', fields: { url: 'https://lxd.example:8443', ...certificate('snap/lxd/common/config') } },
    ]);
  });

  it('are what variables say, where those say something', async () => {
    const config = remotes({ far: { addr: 'https://far.example:8443' }, here: { addr: 'unix:///srv/other.socket' } });
    const files = { '.config/incus/config.yml': config };
    const ambient = async (env: Readonly<Record<string, string>>) =>
      (await found(files, env)).find((profile) => profile.ambient)?.fields;
    expect(await ambient({ INCUS_REMOTE: 'far', INCUS_PROJECT: 'demo' })).toMatchObject({
      url: 'https://far.example:8443',
      project: 'demo',
    });
    expect(await ambient({ INCUS_REMOTE: 'here' })).toEqual({ socket: '/srv/other.socket' });
    expect(await ambient({ INCUS_SOCKET: '/srv/a.socket' })).toEqual({ socket: '/srv/a.socket' });
    expect(await ambient({ INCUS_DIR: '/srv/dir' })).toEqual({ socket: '/srv/dir/unix.socket' });
    const lxc = { '.config/lxc/config.yml': remotes({ far: { addr: 'https://far.example:8443' } }, 'far') };
    const [profile] = (await found(lxc, { INCUS_PROJECT: 'demo' })).filter(({ name }) => name === 'far');
    expect(profile?.fields, "a variable of the other product's client").toEqual({ url: 'https://far.example:8443' });
  });

  it('are none where nothing is there, and those of another folder where that is named', async () => {
    expect((await found({})).filter(({ name }) => !['incus', 'lxd'].includes(name))).toEqual([]);
    const home = mkdtempSync(path.join(root, 'conf-'));
    writeFileSync(path.join(home, 'config.yml'), remotes({ far: { addr: 'https://far.example:8443' } }));
    for (const variable of ['INCUS_CONF', 'LXD_CONF'])
      expect((await found({}, { [variable]: home })).map(({ name }) => name)).toContain('far');
  });
});
