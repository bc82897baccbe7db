import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profileVariables } from '../commands/stage.ts';
import { startOpenstack } from '../clouds/openstack/index.ts';
import { hasOpenssl, makeCertificates, withoutOpenssl, type Certificates } from '../support/certificates.ts';
import { diskBytes } from '../support/content.ts';
import { startFront, type Front } from '../support/front.ts';
import { cliHome, type CliHome, type CliResult } from '../support/run-cli.ts';
import { valuesFor } from './real-cloud.ts';
import { forbidden, kinds, missing, password, startRealProxy, type RealProxy } from './proxies/start.ts';
import { bed, missing as noGlance } from './site.ts';

const names = Object.keys(kinds) as (keyof typeof kinds)[];
for (const name of names) {
  const reason = missing(name);
  if (reason !== undefined)
    process.stderr.write(
      `\n${'!'.repeat(100)}\n!! THE TESTS THROUGH A REAL PROXY ARE NOT ALL RUN: ${reason}\n${'!'.repeat(100)}\n\n`,
    );
}

type Values = Readonly<Record<string, string>>;
/** Keystone and Glance over plain http: real ones if they can be had. */
let site: { readonly values: Values; readonly keystone: string; readonly glance: string; stop(): Promise<void> };
/** The same behind TLS that wants a client certificate, Glance at an IPv6 address. */
let secure: Values;
let fronts: readonly Front[] = [];
let made: Certificates;
let home: CliHome;

beforeAll(async () => {
  home = cliHome();
  writeFileSync(path.join(home.folder, 'disk.raw'), diskBytes('raw', 3 * 1024 * 1024 + 512));
  if (noGlance === undefined)
    site = {
      values: valuesFor(bed, 'demo'),
      keystone: bed.keystone,
      glance: bed.glance.RegionOne ?? '',
      stop: () => Promise.resolve(),
    };
  else {
    const { values, origin, stop } = await startOpenstack();
    site = { values, keystone: origin, glance: `${origin}/image`, stop };
  }
  if (!hasOpenssl) return;
  made = makeCertificates();
  const tls = { cert: made.text('server.crt'), key: made.text('server.key'), ca: made.text('ca.crt'), requestCert: true };
  fronts = await Promise.all([
    startFront(new URL(site.keystone).origin, { tls }),
    startFront(new URL(site.glance).origin, { tls, host: '::1' }),
  ]);
  const [keystone, glance] = fronts;
  secure = {
    ...site.values,
    authUrl: `${keystone?.origin}${new URL(site.keystone).pathname.replace(/\/$/, '')}`,
    imageEndpoint: `${glance?.origin}${new URL(site.glance).pathname}`,
    caBundle: made.path('ca.crt'),
    clientCert: made.path('client.crt'),
    clientKey: made.path('client.key'),
  };
});
afterAll(async () => {
  for (const front of fronts) await front.stop();
  if (hasOpenssl) made.remove();
  await site.stop();
  await home.remove();
});

const run = (values: Values, env: Values, ...args: readonly string[]): Promise<CliResult> =>
  home.run([...args, '-p', 'site', '--retries', '0', '--timeout', '10s', '--progress', 'none'], {
    env: { ...profileVariables('site', 'openstack', values), ...env },
  });

/** Uploads and downloads an image, and compares. Returns all that was said on stderr with `--debug`. */
async function roundTrip(values: Values, env: Values): Promise<string> {
  const back = path.join(home.folder, 'back.raw');
  const disk = path.join(home.folder, 'disk.raw');
  const said: string[] = [];
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await run(values, env, ...args, '--debug');
    expect(exitCode, stderr).toBe(0);
    said.push(stderr);
    return stdout.trim();
  };
  const id = await ok('upload', disk, '--name', 'through a proxy', '--disk-format', 'raw', '-o', 'id');
  expect(await ok('list', '-o', 'id')).toContain(id);
  await ok('download', id, back, '--force');
  expect(readFileSync(back).equals(readFileSync(disk))).toBe(true);
  await ok('delete', id, '--yes');
  return said.join('');
}

const at = (url: string): string => new URL(url).host;

describe.each(names)('%s', (name) => {
  const reason = missing(name);
  describe.skipIf(reason !== undefined)(reason === undefined ? 'a real proxy' : `SKIPPED: ${reason}`, () => {
    let proxy: RealProxy;
    beforeAll(async () => {
      proxy = await startRealProxy(name);
    });
    afterAll(() => proxy.stop());

    /** A failure of the network that names the proxy. */
    const refused = (result: CliResult, status: number): void => {
      expect(result.exitCode, result.stderr).toBe(9);
      expect(result.stderr).toMatch(
        new RegExp(`through the proxy 127\\.0\\.0\\.1:${proxy.port} cannot be reached: the proxy answered HTTP ${status}`),
      );
      expect(result.stderr).not.toContain('secret');
    };
    const wrong = () => proxy.url.replace(password, 'wrong-secret');

    it('relays plain http: calls, an upload and a download, its password in no trace', async () => {
      const said = await roundTrip(site.values, { HTTP_PROXY: proxy.url });
      expect(said).not.toContain(password);
      expect(said).not.toContain(Buffer.from(`ada:${password}`).toString('base64'));
      const log = proxy.log();
      expect(log).toContain(at(site.keystone));
      expect(log).toMatch(/PUT http\S+\/file/);
      expect(log).toMatch(/GET http\S+\/file/);
      expect(log).not.toMatch(/CONNECT [\d[]/);
    });

    it.skipIf(!hasOpenssl)(`opens tunnels to TLS with a client certificate, over IPv6 too${withoutOpenssl}`, async () => {
      const said = await roundTrip(secure, { HTTPS_PROXY: proxy.url });
      expect(said).not.toContain(password);
      // Tunnels are written down when they end.
      for (const front of fronts) front.drop();
      await expect.poll(() => proxy.log()).toContain(`CONNECT ${fronts.at(-1)?.host}`);
      for (const front of fronts) {
        expect(proxy.log()).toContain(`CONNECT ${front.host}`);
        expect(front.clients.length).toBeGreaterThan(0);
        expect(new Set(front.clients)).toEqual(new Set(['client']));
      }
    });

    it('that wants another password is named, and what to do', async () => {
      const disk = path.join(home.folder, 'disk.raw');
      for (const command of [['list'], ['upload', disk, '--name', 'never', '--disk-format', 'raw']]) {
        const plain = await run(site.values, { HTTP_PROXY: wrong() }, ...command);
        refused(plain, name === 'squid' ? 407 : 401);
        expect(plain.stderr).toContain('user and password into HTTP_PROXY');
      }
      if (!hasOpenssl) return;
      const tunnel = await run(secure, { HTTPS_PROXY: wrong() }, 'list');
      refused(tunnel, name === 'squid' ? 407 : 401);
    });

    it('that lets nobody to a host is named, and what to do', async () => {
      for (const scheme of ['http', 'https']) {
        const values = { ...site.values, authUrl: `${scheme}://${forbidden}/v3` };
        const result = await run(values, { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }, 'list');
        refused(result, 403);
        expect(result.stderr).toContain('Add the host to NO_PROXY');
      }
    });

    it('that does not reach the server is named', async () => {
      for (const scheme of ['http', 'https']) {
        const values = { ...site.values, authUrl: `${scheme}://127.0.0.1:1/v3` };
        refused(await run(values, { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }, 'list'), name === 'squid' ? 503 : 500);
      }
    });

    it('is gone around for what NO_PROXY names', async () => {
      const { hostname, port } = new URL(site.keystone);
      const named = { ...site.values, authUrl: site.keystone.replace(hostname, 'localhost') };
      const before = proxy.log();
      for (const no of ['127.0.0.1', `127.0.0.1:${port},${at(site.glance)}`, '10.0.0.0/8, 127.0.0.0/8', 'example.org,*'])
        expect((await run(site.values, { HTTP_PROXY: proxy.url, NO_PROXY: no }, 'list')).exitCode, no).toBe(0);
      for (const no of ['localhost', '.localhost', '*.localhost', 'LOCALHOST'])
        expect((await run(named, { HTTP_PROXY: proxy.url, NO_PROXY: `${no},127.0.0.1` }, 'list')).exitCode, no).toBe(0);
      expect(proxy.log()).toBe(before);
      expect(
        (await run(site.values, { HTTP_PROXY: proxy.url, NO_PROXY: 'example.org,128.0.0.0/8,27.0.0.1' }, 'list')).exitCode,
      ).toBe(0);
      expect(proxy.log()).not.toBe(before);
    });

    it('that is gone is named', async () => {
      await proxy.stop();
      for (const scheme of ['http', 'https']) {
        const values = { ...site.values, authUrl: `${scheme}://keystone.example/v3` };
        const { exitCode, stderr } = await run(values, { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }, 'list');
        expect(exitCode).toBe(9);
        expect(stderr).toContain(`through the proxy 127.0.0.1:${proxy.port} refused the connection`);
        expect(stderr).not.toContain(password);
      }
    });
  });
});
