import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createPlainServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startProxy } from '../http/proxy-server.ts';
import { createServers } from '../http/servers.ts';
import { withoutInvalidHosts } from '../support/no-such-host.ts';
import { cliHome, type CliHome } from '../support/run-cli.ts';

withoutInvalidHosts();
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** An API with no images in it. */
const empty = (_request: IncomingMessage, response: ServerResponse): void => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ data: [], page: 1, pages: 1, results: 0 }));
};

describe.skipIf(!hasOpenssl)(
  `a server with a certificate of its own${hasOpenssl ? '' : ' (SKIPPED: openssl is not installed)'}`,
  () => {
    const servers = createServers();
    let home: CliHome;
    let origin: string;
    let server: ReturnType<typeof createServer>;
    let bundle: string;

    beforeAll(async () => {
      home = cliHome();
      bundle = path.join(home.folder, 'cert.pem');
      const key = path.join(home.folder, 'key.pem');
      const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '2',
          '-subj',
          '/CN=test',
          '-addext',
          names,
          '-keyout',
          key,
          '-out',
          bundle,
        ],
        { stdio: 'pipe' },
      );
      server = createServer({ cert: readFileSync(bundle), key: readFileSync(key) }, empty);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await home.run([
        'profile',
        'add',
        'p',
        '--provider',
        'linode',
        '--set',
        'token=planted-secret-4711',
        '--set',
        `endpoint=${origin}`,
      ]);
    });
    afterEach(() => servers.stopAll());
    afterAll(async () => {
      server.closeAllConnections();
      server.close();
      await home.remove();
    });

    const list = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
      home.run(['list', '-p', 'p', '-o', 'json', '--retries', '0', ...args], { env });

    it('is not trusted by itself', async () => {
      const { exitCode, stderr } = await list();
      expect(exitCode).toBe(9);
      expect(stderr).toMatch(/self-signed certificate.*--ca-bundle/);
    });

    it('is trusted with --ca-bundle', async () => {
      expect(await list(['--ca-bundle', bundle])).toMatchObject({ exitCode: 0, stdout: '[]\n', stderr: '' });
    });

    it('--insecure works, and warns each time', async () => {
      for (let times = 0; times < 2; times += 1) {
        const { exitCode, stderr } = await list(['--insecure']);
        expect(exitCode).toBe(0);
        expect(stderr).toContain('warning: certificates are not checked');
      }
    });

    it('a bundle that is not there, or holds no certificate, is the fault of the settings', async () => {
      expect((await list(['--ca-bundle', path.join(home.folder, 'nothing.pem')])).exitCode).toBe(3);
      expect((await list(['--ca-bundle', path.join(home.folder, 'key.pem')])).exitCode).toBe(3);
    });

    it('is reached through HTTPS_PROXY, unless NO_PROXY names it', async () => {
      const proxy = await startProxy(servers, Number(new URL(origin).port), 'planted-proxy-4711');
      const through = { HTTPS_PROXY: `http://me:planted-proxy-4711@127.0.0.1:${proxy.port}` };
      const { exitCode, stderr } = await list(['--ca-bundle', bundle, '--debug'], through);
      expect(exitCode, stderr).toBe(0);
      expect(proxy.asked).toEqual([`CONNECT ${new URL(origin).host}`]);
      expect(stderr).not.toContain('planted-');
      expect((await list(['--ca-bundle', bundle], { ...through, NO_PROXY: '127.0.0.1' })).exitCode).toBe(0);
      expect(proxy.asked).toHaveLength(1);
      const refused = await list(['--ca-bundle', bundle], { HTTPS_PROXY: `http://me:planted-wrong@127.0.0.1:${proxy.port}` });
      expect(refused.exitCode).toBe(9);
      expect(refused.stderr).toContain('407');
      expect(refused.stderr).not.toContain('planted-');
    });
  },
);

describe('addresses', () => {
  it('IPv6 is spoken', async (context) => {
    const server = createPlainServer(empty);
    const listening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(0, '::1', () => resolve(true));
    });
    if (!listening) return context.skip('this machine has no ::1');
    const home = cliHome();
    const endpoint = `http://[::1]:${(server.address() as AddressInfo).port}`;
    await home.run([
      'profile',
      'add',
      'p',
      '--provider',
      'linode',
      '--set',
      'token=t-4711-4711',
      '--set',
      `endpoint=${endpoint}`,
    ]);
    expect(await home.run(['list', '-p', 'p', '-o', 'json'])).toMatchObject({ exitCode: 0, stdout: '[]\n' });
    server.closeAllConnections();
    server.close();
    await home.remove();
  });

  it.each([
    ['nobody listens', 'http://127.0.0.1:1', /refused the connection/],
    ['there is no such host', 'http://no-such-host.invalid', /cannot be found/],
  ])('%s: NETWORK, in time', async (_what, endpoint, words) => {
    const home = cliHome();
    await home.run([
      'profile',
      'add',
      'p',
      '--provider',
      'linode',
      '--set',
      'token=t-4711-4711',
      '--set',
      `endpoint=${endpoint}`,
    ]);
    // At once, and not by the time limit, of which it would say something else.
    const { exitCode, stderr } = await home.run(['list', '-p', 'p', '--retries', '0']);
    expect(exitCode).toBe(9);
    expect(stderr).toMatch(words);
    await home.remove();
  });
});
