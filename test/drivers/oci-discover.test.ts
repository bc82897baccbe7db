import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import driver from '../../src/drivers/oci/index.ts';
import { surroundingsOf } from '../../src/host/surroundings.ts';
import { cliHome } from '../support/run-cli.ts';

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
  const profiles = await driver.discover(surroundingsOf(homeWith(config, env)));
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
      ['token.example.org', '(its identity token cannot be used here)', 'registry'],
      ['broken.example.org', '(docker-credential-box failed)', 'registry'],
      ['nobody.example.org', '', 'registry'],
      ['other.example.org', '(docker-credential-none failed)', 'registry'],
    ]);
  });

  it('of Podman come first, and damaged files count as empty', async () => {
    const file = path.join(root, 'auth.json');
    writeFileSync(file, JSON.stringify({ auths: { 'a.example.org/team': { auth: coded('pod:man') } } }));
    const [first, ...others] = await found(
      { auths: { 'a.example.org': { auth: coded('doc:ker') } } },
      { REGISTRY_AUTH_FILE: file },
    );
    expect(first).toMatchObject({ source: 'auth.json', fields: { username: 'pod' } });
    expect(others).toEqual([]);
    expect(await found('{"auths": {"half')).toEqual([]);
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
});

describe('addresses', () => {
  const open = (values: Readonly<Record<string, string>>): unknown =>
    driver.open({ repository: 'a/b', ...values }, { http: {} as never, lock: {} as never }, 'tests');

  it('that cannot be are refused before any request', () => {
    for (const registry of ['', 'a/b', 'ftp://x', 'host:port', 'user@host', 'a b'])
      expect(() => open({ registry }), registry).toThrow(/registry/);
    for (const repository of ['', 'A/b', 'a//b', '/a', 'a/', 'a:tag', '../b'])
      expect(() => open({ registry: 'host', repository }), repository).toThrow(/repository/);
    expect(() => open({ registry: 'https://host', plainHttp: 'true' })).toThrow(/plainHttp/);
    for (const registry of ['host', 'host:5000', 'https://host/', '[::1]:5000']) expect(() => open({ registry })).not.toThrow();
  });
});
