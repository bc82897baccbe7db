import { afterEach, describe, expect, test } from 'vitest';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';
import { isDirect } from '../../src/http/no-proxy.ts';
import { startProxy } from './proxy-server.ts';
import {
  bytesOfChunks,
  chunksOf,
  createServers,
  failureOf,
  httpServer,
  rawServer,
  testCall,
  type TestServer,
} from './servers.ts';

const servers = createServers();
afterEach(() => servers.stopAll());
const http = (proxies: HttpSettings['proxies'], more: Partial<HttpSettings> = {}): ReturnType<typeof createHttp> =>
  createHttp({ userAgent: 'imgctl/test', ...(proxies ? { proxies } : {}), ...more });

describe('plain http', () => {
  test('calls and bulk are relayed by the proxy, with the whole URL', async () => {
    const received: Buffer[] = [];
    const target = await servers.add(
      httpServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        received.push(Buffer.concat(chunks));
        response.end(JSON.stringify(request.headers.host));
      }),
    );
    const proxy = await startProxy(servers, undefined);
    const through = http({ http: proxy.origin });
    expect((await through.request({ method: 'GET', url: `${target.origin}/v2/images?limit=1` }, testCall())).json()).toBe(
      new URL(target.origin).host,
    );
    await through.send(
      { method: 'PUT', url: `${target.origin}/file`, bytes: chunksOf(10, 100_000), length: 1_000_000 },
      testCall(),
    );
    expect(received[1]?.equals(bytesOfChunks(10, 100_000))).toBe(true);
    expect(await (await through.receive({ url: `${target.origin}/file` }, testCall())).text()).toContain('127.0.0.1');
    expect(proxy.asked).toEqual([
      `GET ${target.origin}/v2/images?limit=1`,
      `PUT ${target.origin}/file`,
      `GET ${target.origin}/file`,
    ]);
  });

  test('a proxy that takes one request on a connection, and does not say so, loses none', async () => {
    const target = await servers.add(httpServer((_request, response) => response.end('{}')));
    const proxy = await startProxy(servers, undefined, undefined, undefined, true);
    const through = http({ http: proxy.origin });
    for (let count = 0; count < 5; count += 1)
      expect((await through.request({ method: 'POST', url: target.origin, json: {} }, testCall())).status).toBe(200);
  });

  test('NO_PROXY goes around it, and loopback does not by itself', async () => {
    const target = await servers.add(httpServer((_request, response) => response.end('{}')));
    const proxy = await startProxy(servers, undefined);
    await http({ http: proxy.origin, no: 'example.org,127.0.0.1' }).request({ method: 'GET', url: target.origin }, testCall());
    await http({ https: proxy.origin }).request({ method: 'GET', url: target.origin }, testCall());
    expect(proxy.asked).toEqual([]);
    await http({ http: proxy.origin, no: 'example.org' }).request({ method: 'GET', url: target.origin }, testCall());
    expect(proxy.asked).toHaveLength(1);
  });

  test('a proxy is named without a scheme, and with user and password', async () => {
    const target = await servers.add(httpServer((_request, response) => response.end('{}')));
    const proxy = await startProxy(servers, undefined, 'p@ss');
    const lines: string[] = [];
    const through = http({ http: `me:p%40ss@127.0.0.1:${proxy.port}` }, { trace: (line) => lines.push(line) });
    expect((await through.request({ method: 'GET', url: target.origin }, testCall())).status).toBe(200);
    expect(lines.join()).not.toMatch(/p%40ss|p@ss/);
    const url = target.origin;
    const stranger = http({ http: proxy.origin });
    for (const attempt of [
      () => stranger.request({ method: 'GET', url }, testCall(3)),
      () => stranger.send({ method: 'PUT', url, bytes: chunksOf(50, 100_000), length: 5_000_000 }, testCall()),
      () => stranger.receive({ url }, testCall()),
    ])
      expect(await failureOf(attempt())).toMatchObject({
        code: 'NETWORK',
        message: `${new URL(url).host} through the proxy 127.0.0.1:${proxy.port} cannot be reached: the proxy answered HTTP 407`,
        circumstances: { hint: expect.stringContaining('HTTP_PROXY') },
      });
    expect(proxy.asked).toHaveLength(4);
  });
});

describe('https', () => {
  /** The first bytes of whoever comes: a TLS greeting begins with 22, 3. */
  const greeted = async (): Promise<TestServer & { first: number[][] }> => {
    const first: number[][] = [];
    const server = await servers.add(
      rawServer((socket) =>
        socket.once('data', (data) => {
          first.push([...data.subarray(0, 2)]);
          socket.destroy();
        }),
      ),
    );
    return { ...server, first };
  };

  test('goes through a tunnel, and TLS is spoken with the target', async () => {
    const target = await greeted();
    const proxy = await startProxy(servers, target.port);
    const through = http({ https: proxy.origin });
    for (const attempt of [
      () => through.request({ method: 'GET', url: `https://127.0.0.1:${target.port}/` }, testCall()),
      () => through.send({ method: 'PUT', url: `https://127.0.0.1:${target.port}/`, bytes: chunksOf(1, 10) }, testCall()),
    ])
      expect(await failureOf(attempt())).toMatchObject({
        code: 'NETWORK',
        message: expect.stringContaining(`through the proxy 127.0.0.1:${proxy.port}`),
      });
    expect(target.first).toEqual([
      [22, 3],
      [22, 3],
    ]);
    expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${target.port}`, `CONNECT 127.0.0.1:${target.port}`]);
  });

  test.each([
    [407, 'secret', /password into HTTPS_PROXY/],
    [403, undefined, /NO_PROXY/],
  ])('a proxy that refuses (%i) is named, and not asked again', async (status, password, hint) => {
    const proxy = await startProxy(servers, 1, password);
    const call = testCall(3);
    const failure = await failureOf(
      http({ https: proxy.origin }).request({ method: 'GET', url: 'https://api.example:8443/' }, call),
    );
    expect(failure).toMatchObject({
      code: 'NETWORK',
      message: `api.example:8443 through the proxy 127.0.0.1:${proxy.port} cannot be reached: the proxy answered HTTP ${status}`,
    });
    expect(failure.circumstances.hint).toMatch(hint);
    expect(call.notes).toEqual([]);
    expect(proxy.asked).toHaveLength(1);
  });

  test('an IPv6 address is asked for in brackets', async () => {
    const proxy = await startProxy(servers, 1);
    await failureOf(http({ https: proxy.origin }).request({ method: 'GET', url: 'https://[fd00::1]:8443/' }, testCall()));
    expect(proxy.asked).toEqual(['CONNECT [fd00::1]:8443']);
  });

  test('a proxy that is not there, and one that says nothing', async () => {
    // The port of a server that was stopped may be somebody else's by now; nobody listens on this one.
    expect(
      await failureOf(http({ https: 'http://127.0.0.1:1' }).request({ method: 'GET', url: 'https://api.example' }, testCall())),
    ).toMatchObject({
      code: 'NETWORK',
      message: 'api.example:443 through the proxy 127.0.0.1:1 refused the connection',
    });
    const mute = await servers.add(rawServer(() => undefined));
    const quick = http({ https: mute.origin }, { timeoutMs: 200 });
    expect(await failureOf(quick.request({ method: 'GET', url: 'https://api.example' }, testCall()))).toMatchObject({
      code: 'NETWORK',
    });
    expect(
      await failureOf(quick.send({ method: 'PUT', url: 'https://api.example', bytes: chunksOf(1, 1) }, testCall())),
    ).toMatchObject({ code: 'NETWORK' });
  });
});

test.each(['socks5://127.0.0.1:1080', 'http://', '::'])('%s is no http proxy', async (proxy) => {
  expect(
    await failureOf(http({ https: proxy }).request({ method: 'GET', url: 'https://api.example' }, testCall())),
  ).toMatchObject({
    code: 'CONFIG',
    message: expect.stringContaining('HTTPS_PROXY'),
  });
});

test.each([
  ['https://api.example.org', '*', true],
  ['https://api.example.org', 'example.org', true],
  ['https://api.example.org', '.example.org', true],
  ['https://api.example.org', '*.example.org', true],
  ['https://example.org', '.example.org', true],
  ['https://API.Example.ORG.', 'api.example.org', true],
  ['https://notexample.org', 'example.org', false],
  ['https://example.org.evil', 'example.org', false],
  ['https://example.org', 'a.b, example.org  c.d', true],
  ['https://example.org:8443', 'example.org:8443', true],
  ['https://example.org', 'example.org:443', true],
  ['https://example.org', 'example.org:8443', false],
  ['http://example.org', 'example.org:80', true],
  ['https://127.0.0.1', '127.0.0.1', true],
  ['https://127.0.0.1', 'localhost', false],
  ['https://[::1]:5000', '::1', true],
  ['https://[::1]:5000', '[::1]:5000', true],
  ['https://10.1.2.3', '10.0.0.0/8', true],
  ['https://11.1.2.3', '10.0.0.0/8', false],
  ['https://[fd00::1]', 'fd00::/8', true],
  ['https://[fd00::1]', '[fd00::]/8', true],
  ['https://[fe80::1]', 'fd00::/8,10.0.0.0/8', false],
  ['https://10.example.org', '10.0.0.0/8', false],
  ['https://10.0.0.1', '10.0.0.0/33,/8,10.0.0.0/', false],
  ['https://example.org', '', false],
  ['https://example.org', ' , ', false],
  ['https://example.org', undefined, false],
])('%s with NO_PROXY=%s is reached directly: %s', (url, no, direct) => {
  expect(isDirect(new URL(url), no)).toBe(direct);
});
