import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';
import type { Pem } from '../../src/http/settings.ts';
import { startProxy } from './proxy-server.ts';
import { chunksOf, createServers, failureOf, httpServer, testCall } from './servers.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const servers = createServers();
afterEach(() => servers.stopAll());

describe.skipIf(!hasOpenssl)(
  `TLS${hasOpenssl ? '' : ' (SKIPPED: openssl is not installed, no certificates can be made)'}`,
  () => {
    let folder: string;
    const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const of = (name: string): Pem => ({ text: pem(name), from: name });
    const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

    /** A certificate of our authority. `dates` are OpenSSL's, beginning and end. */
    function issue(name: string, subject: string, alternatives: string, dates: readonly [string, string] | undefined): void {
      openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${subject}`);
      writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${alternatives}\n`);
      // `openssl ca` can date a certificate back; `openssl x509` cannot before OpenSSL 3.4.
      const days = dates ? ['-startdate', dates[0], '-enddate', dates[1]] : ['-days', '2'];
      openssl(
        'ca',
        '-batch',
        '-config',
        'ca.cnf',
        '-in',
        `${name}.csr`,
        '-out',
        `${name}.crt`,
        '-extfile',
        `${name}.ext`,
        '-notext',
        ...days,
      );
    }

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'imgctl-tls-'));
      writeFileSync(join(folder, 'index.txt'), '');
      writeFileSync(join(folder, 'serial'), '01\n');
      writeFileSync(
        join(folder, 'ca.cnf'),
        '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\ncertificate=ca.crt\nprivate_key=ca.key\nunique_subject=no\n[p]\ncommonName=supplied\n',
      );
      openssl(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        'ca.key',
        '-out',
        'ca.crt',
        '-subj',
        '/CN=test authority',
        '-days',
        '2',
      );
      openssl(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        'self.key',
        '-out',
        'self.crt',
        '-subj',
        '/CN=localhost',
        '-days',
        '2',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      );
      const short = 'req -x509 -newkey rsa:2048 -nodes -keyout short.key -out short.crt -subj /CN=short -days 2';
      openssl(...short.split(' '), '-addext', 'subjectAltName=DNS:short');
      issue('good', 'localhost', 'IP:127.0.0.1,DNS:localhost', undefined);
      issue('other', 'elsewhere', 'DNS:elsewhere.example', undefined);
      issue('expired', 'localhost', 'IP:127.0.0.1', ['200101000000Z', '200201000000Z']);
      issue('early', 'localhost', 'IP:127.0.0.1', ['490101000000Z', '490201000000Z']);
      issue('client', 'a client', 'DNS:client.example', undefined);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const settings = (more: Partial<HttpSettings> = {}): HttpSettings => ({ userAgent: 'imgctl/test', ...more });
    const serve = async (name: string, options: ServerOptions = {}): Promise<string> =>
      (
        await servers.add(
          createServer({ cert: pem(`${name}.crt`), key: pem(`${name}.key`), ...options }, (request, response) => {
            request.resume().on('end', () => response.end('"hello"'));
          }),
          'https',
        )
      ).origin;

    test('a certificate of an authority that is given is trusted, for calls and for bulk', async () => {
      const url = await serve('good');
      const http = createHttp(settings({ ca: of('ca.crt') }));
      expect((await http.request({ method: 'GET', url }, testCall())).json()).toBe('hello');
      expect((await http.send({ method: 'PUT', url, bytes: chunksOf(20, 500_000), length: 10_000_000 }, testCall())).status).toBe(
        200,
      );
      expect(await (await http.receive({ url }, testCall())).text()).toBe('"hello"');
    });

    test.each([
      ['other', true, 'certificate for another name', /host name/],
      ['expired', true, 'certificate that has expired', /clock/],
      ['early', true, 'certificate that is not valid yet', /clock/],
      ['self', false, 'self-signed certificate', /--ca-bundle FILE/],
      ['good', false, 'certificate of an unknown authority', /--ca-bundle FILE/],
    ])('%s (authority given: %s): %s', async (name, trusted, words, hint) => {
      const url = await serve(name);
      const http = createHttp(settings(trusted ? { ca: of('ca.crt') } : {}));
      const call = testCall(3);
      const tries = [
        () => http.request({ method: 'GET', url }, call),
        () => http.send({ method: 'PUT', url, bytes: chunksOf(1, 10) }, call),
        () => http.receive({ url }, call),
      ];
      for (const attempt of tries) {
        const failure = await failureOf(attempt());
        expect(failure).toMatchObject({ code: 'NETWORK', message: expect.stringContaining(words) });
        expect(failure.message).toContain(new URL(url).host);
        expect(failure.circumstances.hint).toMatch(hint);
      }
      // The next try would meet the same certificate.
      expect(call.notes).toEqual([]);
    });

    test('a certificate that is pinned is the only one that is taken, whatever its name', async () => {
      const url = await serve('short');
      const http = createHttp(settings({ pinned: of('short.crt'), ca: of('ca.crt') }));
      expect((await http.request({ method: 'GET', url }, testCall())).json()).toBe('hello');
      expect((await http.send({ method: 'PUT', url, bytes: chunksOf(1, 10) }, testCall())).status).toBe(200);
      expect(await (await http.receive({ url }, testCall())).text()).toBe('"hello"');
      const proxy = await startProxy(servers, Number(new URL(url).port));
      const behind = createHttp(settings({ pinned: of('short.crt'), proxies: { https: proxy.origin } }));
      expect((await behind.request({ method: 'GET', url }, testCall())).json()).toBe('hello');
      for (const other of ['self', 'good']) {
        const failure = await failureOf(http.request({ method: 'GET', url: await serve(other) }, testCall()));
        expect(failure).toMatchObject({
          code: 'NETWORK',
          message: expect.stringContaining('another certificate than the profile says'),
        });
        expect(failure.circumstances.hint).toMatch(/serverCert[^]*openssl s_client -connect [\w.]+:\d+ /);
      }
      // An authority that is pinned vouches for nobody.
      const byAuthority = createHttp(settings({ pinned: of('ca.crt') }));
      const refused = await failureOf(byAuthority.request({ method: 'GET', url: await serve('good') }, testCall()));
      expect(refused).toMatchObject({
        code: 'NETWORK',
        message: expect.stringContaining('another certificate than the profile says'),
      });
    });

    test('`insecure` takes any certificate', async () => {
      const http = createHttp(settings({ insecure: true }));
      for (const name of ['other', 'expired', 'self']) {
        const url = await serve(name);
        expect((await http.request({ method: 'GET', url }, testCall())).status).toBe(200);
        expect((await http.send({ method: 'PUT', url, bytes: chunksOf(1, 10) }, testCall())).status).toBe(200);
      }
    });

    test('a server that wants a client certificate gets it, and refuses who has none', async () => {
      const url = await serve('good', { ca: pem('ca.crt'), requestCert: true, rejectUnauthorized: true });
      const known = createHttp(settings({ ca: of('ca.crt'), cert: of('client.crt'), key: of('client.key') }));
      expect((await known.request({ method: 'GET', url }, testCall())).status).toBe(200);
      expect((await known.send({ method: 'PUT', url, bytes: chunksOf(1, 10) }, testCall())).status).toBe(200);
      const stranger = createHttp(settings({ ca: of('ca.crt') }));
      expect(await failureOf(stranger.request({ method: 'GET', url }, testCall()))).toMatchObject({ code: 'NETWORK' });
      expect(await failureOf(stranger.receive({ url }, testCall()))).toMatchObject({ code: 'NETWORK' });
    });

    test('through a tunnel the target is judged in the same way', async () => {
      const url = await serve('good');
      const { port } = new URL(url);
      const proxy = await startProxy(servers, Number(port));
      const trusting = createHttp(settings({ ca: of('ca.crt'), proxies: { https: proxy.origin } }));
      for (let count = 0; count < 2; count += 1)
        expect((await trusting.request({ method: 'GET', url }, testCall())).json()).toBe('hello');
      const sent = await trusting.send({ method: 'PUT', url, bytes: chunksOf(20, 500_000), length: 10_000_000 }, testCall());
      expect(sent.text).toBe('"hello"');
      expect(await (await trusting.receive({ url }, testCall())).text()).toBe('"hello"');
      // The tunnel is kept for the next request.
      expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${port}`]);
      const strict = createHttp(settings({ proxies: { https: proxy.origin } }));
      expect(await failureOf(strict.request({ method: 'GET', url }, testCall()))).toMatchObject({
        code: 'NETWORK',
        message: expect.stringMatching(/through the proxy .* unknown authority/),
      });
      const blind = createHttp(settings({ insecure: true, proxies: { https: proxy.origin } }));
      expect((await blind.request({ method: 'GET', url }, testCall())).status).toBe(200);
    });

    test('a proxy that is itself spoken to over TLS is judged in the same way', async () => {
      const url = await serve('good');
      const plain = await servers.add(httpServer((_request, response) => response.end('"plain"')));
      const proxy = await startProxy(servers, Number(new URL(url).port), undefined, {
        cert: pem('good.crt'),
        key: pem('good.key'),
      });
      const proxies = { http: proxy.origin, https: proxy.origin };
      const trusting = createHttp(settings({ ca: of('ca.crt'), proxies }));
      expect((await trusting.request({ method: 'GET', url }, testCall())).json()).toBe('hello');
      expect((await trusting.request({ method: 'GET', url: plain.origin }, testCall())).json()).toBe('plain');
      const strict = createHttp(settings({ proxies }));
      for (const target of [url, plain.origin])
        expect(await failureOf(strict.receive({ url: target }, testCall()))).toMatchObject({ code: 'NETWORK' });
      expect(proxy.asked).toEqual([`CONNECT ${new URL(url).host}`, `GET ${plain.origin}/`]);
    });

    test('certificates that cannot be used are a matter of configuration', async () => {
      for (const wrong of [
        { ca: { text: 'no certificate', from: 'x' } },
        { ca: { text: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', from: 'x' } },
        { cert: of('client.crt'), key: of('ca.key') },
      ])
        expect(
          await failureOf(createHttp(settings(wrong)).request({ method: 'GET', url: 'https://127.0.0.1:1' }, testCall())),
        ).toMatchObject({ code: 'CONFIG' });
    });

    test('a server without TLS is told apart', async () => {
      const { port } = await servers.add(httpServer((_request, response) => response.end()));
      const failure = await failureOf(
        createHttp(settings()).request({ method: 'GET', url: `https://127.0.0.1:${port}` }, testCall(3)),
      );
      expect(failure).toMatchObject({
        code: 'NETWORK',
        message: `127.0.0.1:${port} does not speak TLS`,
        circumstances: { hint: 'Use http:// instead of https://.' },
      });
    });
  },
);
