import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { part } from '../clouds/oci/blobs.ts';
import { startOci, type OciCloud } from '../clouds/oci/index.ts';
import { startProxy } from '../http/proxy-server.ts';
import { createServers } from '../http/servers.ts';
import { hasOpenssl, makeCertificates, withoutOpenssl, type Certificates } from '../support/certificates.ts';
import { startFakeServer } from '../support/fake-server.ts';
import { startFront, type Front } from '../support/front.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

describe.skipIf(!hasOpenssl)(`a client certificate${withoutOpenssl}`, () => {
  let made: Certificates;
  beforeAll(() => {
    made = makeCertificates();
    made.issue('stranger', true);
    made.openssl('pkey', '-in', 'client.key', '-aes256', '-passout', 'pass:open-sesame', '-out', 'locked.key');
    made.openssl('pkcs12', '-export', '-in', 'client.crt', '-inkey', 'client.key', '-passout', 'pass:', '-out', 'client.p12');
    writeFileSync(made.path('both.pem'), made.text('client.crt') + made.text('client.key'));
    writeFileSync(made.path('garbage.pem'), 'no certificate');
  });
  afterAll(() => made.remove());

  const stage = commandStage();
  const servers = createServers();
  let cloud: OciCloud;
  let front: Front;
  beforeEach(async () => {
    cloud = await startOci({ auth: 'basic' });
    front = await startFront(cloud.origin, {
      tls: {
        cert: made.text('server.crt'),
        key: made.text('server.key'),
        ca: made.text('ca.crt'),
        requestCert: true,
        rejectUnauthorized: true,
      },
    });
  });
  afterEach(async () => {
    servers.stopAll();
    await front.stop();
    await cloud.stop();
  });

  /** A profile for the registry behind the front; `more` are further fields. */
  const env = (more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
    profileVariables('reg', 'oci', {
      ...cloud.values,
      places: '',
      registry: front.host,
      plainHttp: 'false',
      caBundle: made.path('ca.crt'),
      ...more,
    });
  const own = () => ({ clientCert: made.path('client.crt'), clientKey: made.path('client.key') });
  const options = () => ['--client-cert', made.path('client.crt'), '--client-key', made.path('client.key')];
  const list = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    stage.run(['list', '-p', 'reg', '-o', 'json', '--retries', '0', ...args], { env: env(more) });

  it('is shown for calls, an upload and a download, through a proxy too', async () => {
    const disk = stage.write('disk.raw', smallDisk());
    const proxy = await startProxy(servers, front.port);
    for (const through of [{}, { HTTPS_PROXY: proxy.origin }]) {
      const at = { env: { ...env(own()), ...through } };
      await stage.ok(['upload', disk, '--name', 'reg:web', '--if-exists', 'rename'], at);
      await stage.ok(['download', 'reg:web', stage.file('back.raw'), '--force'], at);
      expect(stage.read('back.raw').equals(smallDisk())).toBe(true);
      await stage.ok(['delete', 'reg:web', '--yes'], at);
    }
    expect(proxy.asked.length).toBeGreaterThan(0);
    expect(new Set(front.clients)).toEqual(new Set(['client']));
  });

  it('is given by options, by the profile, with its key in the same file, locked, or as text', async () => {
    const ways: readonly (readonly [readonly string[], Readonly<Record<string, string>>])[] = [
      [options(), {}],
      [['--client-cert', made.path('both.pem')], {}],
      // What the option names wins, and the key of another certificate is not taken for its.
      [['--client-cert', made.path('both.pem')], { clientCert: made.path('stranger.crt'), clientKey: made.path('stranger.key') }],
      [[], { clientCert: made.path('both.pem') }],
      [[], { ...own(), clientKey: made.path('locked.key'), clientKeyPassphrase: 'open-sesame' }],
      [[], { clientCert: `file:${made.path('client.crt')}`, clientKey: made.text('client.key') }],
    ];
    for (const [args, more] of ways) expect(await list(args, more)).toMatchObject({ exitCode: 0, stdout: '[]\n' });
  });

  it('that a server misses or does not know: the failure names what to type', async () => {
    const port = await freePort();
    const server = await strictServer(made, port);
    try {
      const registry = `127.0.0.1:${port}`;
      const disk = stage.write('disk.raw', smallDisk());
      const ask = (...args: readonly string[]) => stage.run([...args, '-p', 'reg', '--retries', '0'], { env: env({ registry }) });
      for (const command of [['list'], ['upload', disk, '--name', 'new']]) {
        const refused = await ask(...command);
        expect(refused.exitCode).toBe(9);
        expect(refused.stderr).toMatch(/requires a client certificate\n.*--client-cert FILE and --client-key FILE/);
      }
      const unknown = await ask('list', '--client-cert', made.path('stranger.crt'), '--client-key', made.path('stranger.key'));
      expect(unknown.exitCode).toBe(9);
      expect(unknown.stderr).toMatch(/client certificate/);
      expect(unknown.stderr).toContain('--client-cert FILE');
    } finally {
      server.kill();
    }
  });

  it.each([
    ['No required SSL certificate was sent', /requires a client certificate\n.*--client-cert FILE/],
    ['The SSL certificate error', /does not accept our client certificate\n.*--client-cert FILE/],
  ])('a web server that says "400 %s" is understood', async (title, words) => {
    const nginx = await startFakeServer(() => ({ status: 400, body: `<html><title>400 ${title}</title></html>` }));
    const refused = await list([], { registry: new URL(nginx.origin).host, plainHttp: 'true' });
    await nginx.stop();
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toMatch(/"hint":"Use --client-cert FILE/);
    expect(JSON.parse(refused.stderr).error).toMatchObject({ code: 'AUTH' });
    expect(`${JSON.parse(refused.stderr).error.message}\n${JSON.parse(refused.stderr).error.hint}`).toMatch(words);
  });

  it.each<readonly [string, (at: Certificates) => readonly string[], RegExp, Readonly<Record<string, string>>]>([
    [
      'a file that is not there',
      () => ['--client-cert', 'nowhere.pem'],
      /cannot read nowhere\.pem: no such file.*--client-cert/,
      {},
    ],
    ['a folder', () => ['--client-cert', '/'], /cannot read \/: it is a folder/, {}],
    ['garbage', (at) => ['--client-cert', at.path('garbage.pem')], /garbage\.pem holds no certificate.*file in PEM/, {}],
    ['a key as certificate', (at) => ['--client-cert', at.path('client.key')], /client\.key holds a key and no certificate/, {}],
    ['PKCS #12', (at) => ['--client-cert', at.path('client.p12')], /client\.p12 holds no certificate.*openssl pkcs12 -in/, {}],
    ['no key', (at) => ['--client-cert', at.path('client.crt')], /client\.crt holds no private key.*--client-key FILE/, {}],
    [
      'no certificate',
      (at) => ['--client-key', at.path('client.key')],
      /client\.key is a client's key without.*--client-cert FILE/,
      {},
    ],
    [
      'the key of another',
      (at) => ['--client-cert', at.path('client.crt'), '--client-key', at.path('stranger.key')],
      /stranger\.key is not the key of the certificate in .*client\.crt/,
      {},
    ],
    [
      'a locked key',
      (at) => ['--client-cert', at.path('client.crt'), '--client-key', at.path('locked.key')],
      /locked\.key is encrypted.*clientKeyPassphrase=cmd:.*openssl pkey -in/,
      {},
    ],
    [
      'a wrong passphrase',
      (at) => ['--client-cert', at.path('client.crt'), '--client-key', at.path('locked.key')],
      /locked\.key: the passphrase does not open the key/,
      { clientKeyPassphrase: 'not-that-one' },
    ],
    ['a bundle that is garbage', (at) => ['--ca-bundle', at.path('garbage.pem')], /garbage\.pem holds no certificate/, {}],
  ])('%s: CONFIG, with the file and what to do', async (_what, args, words, more) => {
    const { exitCode, stderr } = await list(args(made), more);
    expect(exitCode).toBe(3);
    const { message, hint } = JSON.parse(stderr).error as { message: string; hint?: string };
    expect(`${message} ${hint ?? ''}`).toMatch(words);
    expect(stderr).not.toContain('not-that-one');
    expect(stderr).not.toContain('PRIVATE KEY-----');
    expect(front.clients).toEqual([]);
  });

  it('whose key stands in a variable is not shown with the profile', async () => {
    const shown = await stage.ok(['profile', 'show', 'reg', '-o', 'json'], { env: env({ clientKey: made.text('client.key') }) });
    expect(shown.stdout).toContain('"clientKey"');
    expect(shown.stdout).not.toContain('PRIVATE KEY');
  });

  it('is not shown to a storage that the server points to', async () => {
    const data = smallDisk();
    const behind = await startFakeServer(({ url, headers }) => part({ headers }, data, url.pathname.slice(1)));
    const tls = { cert: made.text('server.crt'), key: made.text('server.key'), requestCert: true, rejectUnauthorized: false };
    const storage = await startFront(behind.origin, { tls });
    cloud.plant({ name: 'web', data });
    cloud.switches.storage = storage.origin;
    const proxy = await startProxy(servers, storage.port);
    for (const through of [{}, { HTTPS_PROXY: proxy.origin, NO_PROXY: front.host }])
      await stage.run(['download', 'reg:web', stage.file('back.raw'), '--retries', '0'], { env: { ...env(own()), ...through } });
    expect(proxy.asked).toContain(`CONNECT ${storage.host}`);
    expect(storage.clients.length).toBeGreaterThan(1);
    expect(new Set(storage.clients)).toEqual(new Set(['']));
    await storage.stop();
    await behind.stop();
  });

  it('is never shown to a proxy that is spoken to over TLS', async () => {
    const curious = await startFront(cloud.origin, {
      tls: {
        cert: made.text('server.crt'),
        key: made.text('server.key'),
        requestCert: true,
        rejectUnauthorized: false,
      },
    });
    const plain = { ...env({ ...own(), registry: new URL(cloud.origin).host, plainHttp: 'true' }), HTTP_PROXY: curious.origin };
    await stage.ok(['list', '-p', 'reg', '--retries', '0'], { env: plain });
    await curious.stop();
    expect(curious.clients.length).toBeGreaterThan(0);
    expect(new Set(curious.clients)).toEqual(new Set(['']));
  });
});

/** A port that nobody listens on. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** OpenSSL's own server, which says by an alert why it refuses; node's closes the connection without a word. */
async function strictServer(made: Certificates, port: number): Promise<ChildProcess> {
  const args = ['-cert', 'server.crt', '-key', 'server.key', '-CAfile', 'ca.crt', '-Verify', '1', '-verify_return_error', '-www'];
  const server = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...args], {
    cwd: made.path('.'),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise<void>((resolve) => server.stdout.on('data', (text) => String(text).includes('ACCEPT') && resolve()));
  return server;
}
