import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ImgctlError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import driver from '../../../src/drivers/oci/index.ts';
import { environmentOf } from '../../../src/host/environment.ts';
import { testCall } from '../../conformance/stage.ts';
import { cliHome } from '../../support/run-cli.ts';

const root = mkdtempSync(path.join(tmpdir(), 'imgctl-docker-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const coded = (text: string): string => Buffer.from(text).toString('base64');

/** A home with a Docker configuration, and a credential helper `docker-credential-box`. */
function homeWith(config: unknown, env: Readonly<Record<string, string>> = {}) {
  const home = mkdtempSync(path.join(root, 'home-'));
  mkdirSync(path.join(home, '.docker'));
  writeFileSync(path.join(home, '.docker', 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  const helper = path.join(home, 'docker-credential-box');
  const script = `#!/bin/sh
read -r server
case "$1 $server" in
  "get box.example.org") echo '{"ServerURL":"box.example.org","Username":"ada","Secret":"from the box"}' ;;
  "get token.example.org") echo '{"Username":"<token>","Secret":"identity"}' ;;
  "get broken.example.org") echo 'the box is locked' >&2; exit 2 ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
`;
  writeFileSync(helper, script);
  chmodSync(helper, 0o755);
  return { env: { PATH: `${home}:/usr/bin:/bin`, ...env }, home, platform: 'linux' as const };
}
async function found(config: unknown, env: Readonly<Record<string, string>> = {}) {
  const profiles = await driver.discover(environmentOf(homeWith(config, env)));
  return profiles.map(({ name, source, ambient, fields }) => ({
    name,
    source: path.basename(source),
    ...(ambient ? { ambient } : {}),
    fields: Object.fromEntries(
      Object.entries(fields).map(([field, value]) => [field, value instanceof Secret ? value.reveal() : value]),
    ),
  }));
}

describe('registries that Docker is signed in to', () => {
  it('are found, each under its host, with user and password split at the first colon', async () => {
    expect(
      await found({
        auths: { 'localhost:5000': { auth: coded('ada:a:b') }, 'https://index.docker.io/v1/': { auth: coded('me:pw') } },
      }),
    ).toEqual([
      { name: 'localhost-5000', source: 'config.json', fields: { registry: 'localhost:5000', username: 'ada', password: 'a:b' } },
      {
        name: 'registry-1.docker.io',
        source: 'config.json',
        fields: { registry: 'registry-1.docker.io', username: 'me', password: 'pw' },
      },
    ]);
  });

  it('are asked of credential helpers, of the host before the one for all', async () => {
    const hosts = {
      'box.example.org': 'box',
      'token.example.org': 'box',
      'broken.example.org': 'box',
      'nobody.example.org': 'box',
    };
    const all = await found({ credHelpers: hosts, credsStore: 'none', auths: { 'other.example.org': {} } });
    expect(
      all.map(({ name, source, fields }) => [name, source.replace('config.json', '').trim(), Object.keys(fields).join(' ')]),
    ).toEqual([
      ['box.example.org', '', 'registry username password'],
      ['token.example.org', '(identity tokens are not supported)', 'registry'],
      ['broken.example.org', '(docker-credential-box failed)', 'registry'],
      ['nobody.example.org', '', 'registry'],
      ['other.example.org', '(docker-credential-none failed)', 'registry'],
    ]);
  });

  it('of Podman come first, and damaged files count as empty', async () => {
    const file = path.join(root, 'auth.json');
    writeFileSync(file, JSON.stringify({ auths: { 'a.example.org': { auth: coded('pod:man') } } }));
    const [first, ...others] = await found(
      { auths: { 'a.example.org': { auth: coded('doc:ker') } } },
      { REGISTRY_AUTH_FILE: file },
    );
    expect(first).toMatchObject({ source: 'auth.json', fields: { username: 'pod' } });
    expect(others).toEqual([]);
    expect(await found('{"auths": {"half')).toEqual([]);
  });

  it('are profiles of their own where an entry is for a part of a registry, and the host has its own user', async () => {
    const auths = {
      'quay.io/orga': { auth: coded('a:pa') },
      'quay.io/orgb': { auth: coded('b:pb') },
      'quay.io': { auth: coded('q:pq') },
      '[::1]:5002': { auth: coded('six:p6') },
      '[::1]/5002': { auth: coded('other:p') },
    };
    expect(
      (await found({ auths })).map(({ name, fields }) => [name, fields.registry, fields.repository, fields.username]),
    ).toEqual([
      ['quay.io-orga', 'quay.io', 'orga', 'a'],
      ['quay.io-orgb', 'quay.io', 'orgb', 'b'],
      ['quay.io', 'quay.io', undefined, 'q'],
      ['v6-1-5002', '[::1]:5002', undefined, 'six'],
      ['v6-1-5002-2', '[::1]', '5002', 'other'],
    ]);
  });

  describe('sign in to a repository with the entry that fits it best', () => {
    const entries = {
      'h.example.org/orga': { auth: coded('a:pa') },
      'h.example.org/orgb': { auth: coded('b:pb') },
      'h.example.org/orgb/deep': { auth: coded('deep:pd') },
    };
    const host = { 'https://H.example.org/v1/': { auth: coded('host:ph') } };
    const userOf = async (auths: object, repository: string, more: Readonly<Record<string, string>> = {}) => {
      const env = { OCI_REGISTRY: 'h.example.org', OCI_REPOSITORY: repository, ...more };
      return (await found({ auths }, env)).find(({ ambient }) => ambient)?.fields;
    };
    for (const [repository, narrow, wide] of [
      ['orgb/disks', 'b', 'b'],
      ['orgb', 'b', 'b'],
      ['orgb/deep/er', 'deep', 'deep'],
      ['orgbx/disks', undefined, 'host'],
      ['orgc/orgb', undefined, 'host'],
    ] as const)
      it(repository, async () => {
        expect((await userOf(entries, repository))?.username).toBe(narrow);
        expect((await userOf({ ...host, ...entries }, repository))?.username).toBe(wide);
        expect((await userOf({ ...entries, ...host }, repository))?.username).toBe(wide);
      });

    it('and never with the password of one user and the name of another', async () => {
      const of = (more: Readonly<Record<string, string>>) => userOf(host, 'x', more);
      expect(await of({ OCI_USERNAME: 'other' })).toMatchObject({ username: 'other' });
      expect(await of({ OCI_USERNAME: 'other' })).not.toHaveProperty('password');
      expect(await of({ OCI_USERNAME: 'host' })).toMatchObject({ username: 'host', password: 'ph' });
      expect(await of({ OCI_TOKEN: 't' })).not.toHaveProperty('password');
    });

    it('also at the registry of Docker, by any of its names', async () => {
      for (const key of ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io/v2/', 'registry-1.docker.io'])
        for (const registry of ['docker.io', 'DOCKER.IO', 'index.docker.io', 'registry-1.docker.io', 'https://docker.io/'])
          expect(
            (await userOf({ [key]: { auth: coded('hub:ph') }, 'other.io': {} }, 'library/x', { OCI_REGISTRY: registry }))
              ?.username,
            `${key} ${registry}`,
          ).toBe('hub');
    });
  });

  describe('are read wherever they may lie', () => {
    const text = JSON.stringify({ auths: { 'p.example.org': { auth: coded('pod:man') } } });
    const places: Readonly<Record<string, (home: string) => { file?: string; env?: Readonly<Record<string, string>> }>> = {
      '~/.config/containers/auth.json': (home) => ({ file: `${home}/.config/containers/auth.json` }),
      $XDG_CONFIG_HOME: (home) => ({ file: `${home}/cfg/containers/auth.json`, env: { XDG_CONFIG_HOME: `${home}/cfg` } }),
      $XDG_RUNTIME_DIR: (home) => ({ file: `${home}/run/containers/auth.json`, env: { XDG_RUNTIME_DIR: `${home}/run` } }),
      REGISTRY_AUTH_FILE: (home) => ({ file: `${home}/a.json`, env: { REGISTRY_AUTH_FILE: `${home}/a.json` } }),
      $DOCKER_CONFIG: (home) => ({ file: `${home}/d/config.json`, env: { DOCKER_CONFIG: `${home}/d` } }),
      DOCKER_AUTH_CONFIG: () => ({ env: { DOCKER_AUTH_CONFIG: text } }),
    };
    for (const [title, placeIn] of Object.entries(places))
      it(title, async () => {
        const at = homeWith('{}');
        const { file, env = {} } = placeIn(at.home);
        if (file !== undefined) {
          mkdirSync(path.dirname(file), { recursive: true });
          writeFileSync(file, text);
        }
        const [profile] = await driver.discover(environmentOf({ ...at, env: { ...at.env, ...env } }));
        expect(profile?.fields).toMatchObject({ registry: 'p.example.org', username: 'pod' });
      });

    it('/run/containers/UID where no runtime folder is named', async () => {
      const at = homeWith('{}');
      const asked: string[] = [];
      const read = async (file: string) => (asked.push(file), undefined);
      await driver.discover({ ...environmentOf(at), userId: 4711, text: read });
      expect(asked).toContain('/run/containers/4711/auth.json');
    });

    it('in the older file, and in every form that an entry may have', async () => {
      const at = homeWith({
        auths: {
          'plain.example.org': { username: 'u', password: 'p' },
          'padded.example.org': { auth: coded('u:p\0\0') },
          'token.example.org': { registrytoken: 't' },
        },
      });
      writeFileSync(`${at.home}/.dockercfg`, JSON.stringify({ 'https://old.example.org': { auth: coded('o:p'), email: 'e' } }));
      const profiles = await driver.discover(environmentOf(at));
      const reveal = (value: unknown) => (value instanceof Secret ? value.reveal() : value);
      expect(profiles.map(({ fields }) => Object.values(fields).map(reveal))).toEqual([
        ['plain.example.org', 'u', 'p'],
        ['padded.example.org', 'u', 'p'],
        ['token.example.org', 't'],
        ['old.example.org', 'o', 'p'],
      ]);
    });
  });

  it('give the profile of the environment only with a repository', async () => {
    const config = { auths: { 'a.example.org': { auth: coded('ada:pw') } } };
    expect((await found(config)).filter(({ ambient }) => ambient)).toEqual([]);
    const [ambient] = (await found(config, { OCI_REPOSITORY: 'images/library' })).filter((one) => one.ambient);
    expect(ambient?.fields).toEqual({ registry: 'a.example.org', repository: 'images/library', username: 'ada', password: 'pw' });
    const [other] = (await found(config, { OCI_REPOSITORY: 'r', OCI_REGISTRY: 'b.example.org' })).filter((one) => one.ambient);
    expect(other?.fields).toEqual({ registry: 'b.example.org', repository: 'r' });
  });

  it('are taken over by "profile import docker", which does not make up a repository', async () => {
    const home = cliHome();
    try {
      mkdirSync(path.join(home.folder, '.docker'));
      writeFileSync(
        path.join(home.folder, '.docker', 'config.json'),
        JSON.stringify({ auths: { 'a.example.org': { auth: coded('ada:a-password') } } }),
      );
      const taken = await home.run(['profile', 'import', 'docker']);
      expect(taken).toMatchObject({ exitCode: 0 });
      expect(taken.stdout).not.toContain('a-password');
      const refused = await home.run(['list', '-p', 'a.example.org']);
      expect(refused.exitCode).toBe(3);
      expect(refused.stderr).toContain('imgctl profile set a.example.org repository=');
    } finally {
      await home.remove();
    }
  });

  it('are told of where a helper’s password is written down, and where a host makes no name', async () => {
    const home = cliHome();
    try {
      mkdirSync(path.join(home.folder, '.docker'));
      const config = {
        credHelpers: { 'box.example.org': 'box' },
        auths: { '[::1]:5002': { auth: coded('six:a-password') }, 'plain.example.org': { auth: coded('ada:a-password') } },
      };
      const at = homeWith(config);
      writeFileSync(path.join(home.folder, '.docker', 'config.json'), JSON.stringify(config));
      const taken = await home.run(['profile', 'import', 'docker'], { env: { PATH: at.env.PATH } });
      expect(taken).toMatchObject({ exitCode: 0 });
      expect(taken.stderr).toMatch(/box\.example\.org: .*docker-credential-box.*plain text.*expire/);
      expect(taken.stderr).toContain('v6-1-5002');
      expect(taken.stderr).not.toContain('plain.example.org');
      expect(taken.stdout + taken.stderr).not.toMatch(/from the box|a-password/);
      expect((await home.run(['profile', 'list', '-o', 'id'])).stdout).toContain('v6-1-5002');
    } finally {
      await home.remove();
    }
  });
});

describe('addresses', () => {
  const open = (values: Readonly<Record<string, string>>): unknown =>
    driver.open(
      { repository: 'a/b', ...values },
      { http: {} as never, lock: {} as never, sendBlocks: {} as never, readBlocks: {} as never },
      'tests',
    );

  it('that cannot be are refused before any request', () => {
    for (const registry of [
      '',
      'a/b',
      'ftp://x',
      'host:port',
      'user@host',
      'a b',
      '127.0.0.1:99999',
      'x.org:65536',
      '300.1.1.1',
      '[::1',
      '[::g]',
      '[1.2]',
      'xn--a.org',
    ])
      expect(() => open({ registry }), registry).toThrow(/registry/);
    for (const repository of ['', 'A/b', 'a//b', '/a', 'a/', 'a:tag', '../b'])
      expect(() => open({ registry: 'host', repository }), repository).toThrow(/repository/);
    expect(() => open({ registry: 'https://host', plainHttp: 'true' })).toThrow(/plainHttp/);
    for (const registry of ['host', 'host:5000', 'https://host/', '[::1]:5000']) expect(() => open({ registry })).not.toThrow();
  });

  it('that the rule lets through are no crash, whatever they are', () => {
    const letters = ['a', 'Z', '0', '9', '.', '-', ':', '[', ']', '::', 'xn--', '65536', '999', '1', 'docker.io'];
    let seed = 42;
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
    for (let n = 0; n < 20_000; n += 1) {
      const registry = Array.from({ length: 1 + random(7) }, () => letters[random(letters.length)]).join('');
      try {
        open({ registry });
      } catch (error) {
        if (!(error instanceof ImgctlError) || error.code !== 'CONFIG') throw new Error(registry, { cause: error });
        expect(error.message).toContain('registry');
      }
    }
  });

  it('of Docker’s registry lead to where it answers, and others stay', async () => {
    for (const [registry, origin] of [
      ['docker.io', 'https://registry-1.docker.io'],
      ['DOCKER.IO', 'https://registry-1.docker.io'],
      ['https://index.docker.io/', 'https://registry-1.docker.io'],
      ['quay.io', 'https://quay.io'],
      ['mydocker.io', 'https://mydocker.io'],
      ['localhost:5000', 'http://localhost:5000'],
    ] as const) {
      const asked: string[] = [];
      const http = {
        request: async ({ url }: { url: URL }) => (asked.push(url.origin), { status: 404, headers: {}, text: 'no', url: '' }),
      };
      const session = driver.open(
        { repository: 'a/b', registry },
        { http: http as never, lock: {} as never, sendBlocks: {} as never, readBlocks: {} as never },
        'tests',
      );
      await session
        .require('show')
        .run({ id: 'x' }, testCall())
        .catch(() => undefined);
      expect(asked, registry).toEqual([origin]);
    }
  });
});
