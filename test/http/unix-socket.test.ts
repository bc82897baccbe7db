import { linkSync, mkdtempSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createNetServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';
import { overSocket } from '../../src/http/unix-socket.ts';
import { bytesOfChunks, chunksOf, createServers, failureOf, scripted, soon, status, testCall } from './servers.ts';

let folder = '';
const closing: (() => void)[] = [];
const servers = createServers();
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'sock-'))));
afterEach(() => {
  closing.splice(0).forEach((close) => close());
  servers.stopAll();
  rmSync(folder, { recursive: true, force: true });
});

const data = bytesOfChunks(40, 50_000);

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

function ranged(request: IncomingMessage, response: ServerResponse): void {
  const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
  const part = data.subarray(Number(from), to === '' ? undefined : Number(to) + 1);
  response.writeHead(request.headers.range ? 206 : 200, {
    'content-range': `bytes ${from}-${Number(from) + part.length - 1}/${data.length}`,
  });
  response.end(part);
}

/** A server at a socket in the folder of the test, which keeps what it was asked. */
async function listening(
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => response.end('{"ok":true}'),
): Promise<{ readonly socket: string; readonly seen: readonly Seen[]; readonly connections: ReadonlySet<Socket> }> {
  const socket = path.join(folder, 'service.socket');
  const seen: Seen[] = [];
  const connections = new Set<Socket>();
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) });
    answer(request, response);
  });
  server.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.unref();
    connection.on('close', () => connections.delete(connection));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  server.unref();
  closing.push(() => {
    connections.forEach((connection) => connection.destroy());
    server.close();
  });
  return { socket, seen, connections };
}

const http = (more: Partial<HttpSettings> = {}): ReturnType<typeof createHttp> =>
  createHttp({ userAgent: 'imgctl/test', ...more });
const url = 'http://service/1.0/images';

describe('over a socket of this machine', () => {
  test('an API is asked: path, query, body and Host are those of the URL', async () => {
    const { socket, seen } = await listening();
    const answer = await http().request(
      { method: 'POST', url: `${url}?recursion=1`, socket, json: { a: new Secret('b') } },
      testCall(),
    );
    expect(answer.json()).toEqual({ ok: true });
    expect(answer.url).toBe(`unix:${socket}:/1.0/images?recursion=1`);
    expect(seen).toMatchObject([{ method: 'POST', path: '/1.0/images?recursion=1', headers: { host: 'service' } }]);
    expect(seen[0]?.body.toString()).toBe('{"a":"b"}');
  });

  test('bytes are uploaded, asked for first where that is wanted', async () => {
    const { socket, seen } = await listening();
    for (const expectContinue of [false, true])
      await http().send(
        { method: 'POST', url, socket, bytes: chunksOf(40, 50_000), length: data.length, expectContinue },
        testCall(),
      );
    await http().send({ method: 'PUT', url, socket, bytes: chunksOf(40, 50_000) }, testCall());
    expect(seen.map(({ body }) => body.equals(data))).toEqual([true, true, true]);
    expect(seen.map(({ headers }) => [headers['content-length'], headers.expect])).toEqual([
      [String(data.length), undefined],
      [String(data.length), '100-continue'],
      [undefined, undefined],
    ]);
  });

  test('bytes are downloaded, all of them and a range', async () => {
    const { socket } = await listening(ranged);
    const read = async (range?: { from: number; to?: number }): Promise<Buffer> => {
      const chunks: Buffer[] = [];
      const { bytes } = await http().receive({ url, socket, ...(range ? { range } : {}) }, testCall());
      for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    };
    expect((await read()).equals(data)).toBe(true);
    expect((await read({ from: 1000, to: 1_500_000 })).equals(data.subarray(1000, 1_500_001))).toBe(true);
  });

  test('no proxy is asked, whatever the environment says', async () => {
    const proxy = await scripted(servers, status(502));
    const { socket, seen } = await listening();
    const through = http({ proxies: { http: proxy.origin, https: proxy.origin } });
    await through.request({ method: 'GET', url, socket }, testCall());
    await through.send({ method: 'PUT', url, socket, bytes: chunksOf(1, 10), length: 10 }, testCall());
    await (await through.receive({ url, socket }, testCall())).text();
    expect([seen.length, proxy.seen]).toEqual([3, []]);
  });

  test('it is not the host of the URL that is asked, and two sockets are two servers', async () => {
    const { origin, seen: elsewhere } = await scripted(servers, status(200));
    const { socket, seen } = await listening();
    const client = http();
    await client.request({ method: 'GET', url: origin, socket }, testCall());
    await client.request({ method: 'GET', url: origin }, testCall());
    expect([seen.length, elsewhere.length]).toEqual([1, 1]);
    expect(await failureOf(client.request({ method: 'GET', url: origin, socket: `${socket}.other` }, testCall()))).toMatchObject({
      code: 'NETWORK',
    });
  });

  test('retries, a trace and secrets are those of any request', async () => {
    let asked = 0;
    const lines: string[] = [];
    const { socket } = await listening((_request, response) => status((asked += 1) === 1 ? 503 : 200, soon)(response));
    const call = testCall(1);
    const headers = { authorization: new Secret('Bearer planted-token') };
    await http({ trace: (line) => lines.push(line) }).request(
      { method: 'GET', url: `${url}?token=planted`, socket, headers },
      call,
    );
    expect(call.notes).toMatchObject([{ kind: 'retry', reason: `the socket ${socket} answered HTTP 503` }]);
    expect(lines.map((line) => line.split(' ').slice(0, 3).join(' '))).toMatchObject([
      `> GET unix:${socket}:/1.0/images?token=[secret]`,
      '< 503 GET',
      `> GET unix:${socket}:/1.0/images?token=[secret]`,
      '< 200 GET',
    ]);
    expect(lines.join('\n')).not.toContain('planted');
  });

  test('a connection is used again, and does not keep the program alive', async () => {
    const { socket, connections } = await listening((request, response) => {
      if (request.url?.endsWith('silent')) return;
      response.end('{}');
    });
    const pipes = (): readonly string[] => process.getActiveResourcesInfo().filter((kind) => kind === 'PipeWrap');
    const stop = new AbortController();
    const client = http();
    await client.request({ method: 'GET', url, socket }, testCall());
    await client.send({ method: 'PUT', url, socket, bytes: chunksOf(1, 10), length: 10 }, testCall());
    await (await client.receive({ url, socket }, testCall())).text();
    expect(connections.size).toBe(1);
    // The server's own ends are let go of above: what is seen is the client's.
    const pending = failureOf(client.request({ method: 'GET', url: `${url}?silent`, socket }, testCall(0, stop.signal)));
    await expect.poll(pipes).toEqual(['PipeWrap']);
    stop.abort();
    await pending;
    await expect.poll(pipes).toEqual([]);
  });

  test('a call that is given up ends', async () => {
    const stop = new AbortController();
    const { socket, connections } = await listening(() => stop.abort());
    expect(await failureOf(http().request({ method: 'GET', url, socket }, testCall(3, stop.signal)))).toMatchObject({
      code: 'ABORTED',
    });
    await expect.poll(() => connections.size).toBe(0);
  });
});

describe('a socket that cannot be spoken to', () => {
  const all = (socket: string, call = testCall(2), asked = url): Promise<readonly unknown[]> => {
    const client = http({ timeoutMs: 10_000 });
    return Promise.all([
      failureOf(client.request({ method: 'POST', url: asked, socket, json: {} }, call)),
      failureOf(client.send({ method: 'PUT', url: asked, socket, bytes: chunksOf(1, 10), length: 10 }, call)),
      failureOf(client.receive({ url: asked, socket }, call)),
    ]);
  };
  const three = (failure: object): readonly unknown[] => [failure, failure, failure].map((one) => expect.objectContaining(one));

  test('one that is not there is not asked again', async () => {
    const socket = path.join(folder, 'missing');
    const call = testCall(2);
    expect(await all(socket, call)).toEqual(
      three({
        code: 'NETWORK',
        message: `cannot connect to the socket ${socket}: no such file`,
        circumstances: expect.objectContaining({
          unsent: true,
          hint: 'Check the path in the profile, and that the service is running.',
        }),
      }),
    );
    expect(call.notes).toEqual([]);
    expect(await all(path.join(folder, 'a', 'b'))).toEqual(
      three({ code: 'NETWORK', message: expect.stringContaining('no such file') }),
    );
    writeFileSync(path.join(folder, 'file'), '');
    expect(await all(path.join(folder, 'file', 'x'))).toEqual(three({ message: expect.stringContaining('no such file') }));
  });

  test('one at which nobody listens, and a file that is none', async () => {
    const [left, dead, file] = ['left', 'dead', 'file'].map((name) => path.join(folder, name)) as [string, string, string];
    const server = createNetServer();
    await new Promise<void>((resolve) => server.listen(left, resolve));
    linkSync(left, dead);
    await new Promise((resolve) => server.close(resolve));
    writeFileSync(file, '');
    for (const socket of [dead, file])
      expect(await all(socket, testCall())).toEqual(
        three({
          code: 'NETWORK',
          message: `cannot connect to the socket ${socket}: nobody listens there`,
          circumstances: expect.objectContaining({ unsent: true }),
        }),
      );
  });

  test('one that is not ours to open', async () => {
    const denied = {
      code: 'LOCAL',
      circumstances: expect.objectContaining({ unsent: true, hint: expect.stringMatching(/^Join the group .* ls -l \//) }),
    };
    const { socket } = await listening();
    const message = `cannot connect to the socket ${socket}: permission denied`;
    chmodSync(socket, 0);
    if (process.getuid?.() !== 0) return expect(await all(socket)).toEqual(three({ ...denied, message }));
    // Nobody keeps root out: what the system says to others.
    const fault = Object.assign(new Error(`connect EACCES ${socket}`), { code: 'EACCES', syscall: 'connect' });
    expect(overSocket(new URL(url), socket, undefined as never).explain(fault, 'connecting')).toMatchObject({
      ...denied,
      message,
    });
  });

  test('one whose service breaks off, is silent, or speaks something else', async () => {
    const { socket } = await listening((_request, response) => void response.socket?.destroy());
    expect(await all(socket, testCall())).toEqual(
      three({ code: 'NETWORK', message: expect.stringMatching(new RegExp(`^the socket ${socket} broke the connection while `)) }),
    );
    closing.splice(0).forEach((close) => close());
    const silent = await listening(() => undefined);
    const failure = await failureOf(http({ timeoutMs: 1500 }).request({ method: 'GET', url, socket: silent.socket }, testCall()));
    expect(failure.message).toBe(`the socket ${silent.socket}: no data for 1.5 s while waiting for the answer`);
  });

  test.each([
    ['https://service/1.0', '/run/x.socket', 'not spoken to by https://'],
    ['http://service/1.0', 'run/x.socket', 'not the full path'],
    ['http://service/1.0', '', 'not the full path'],
    ['http://service/1.0', '/run/x\0y', 'not the full path'],
    ['http://service/1.0', `/run/${'x'.repeat(150)}`, 'longer than'],
  ])('%s over "%s" is refused before anything is opened', async (asked, socket, words) => {
    expect(await all(socket, testCall(), asked)).toEqual(three({ code: 'CONFIG', message: expect.stringContaining(words) }));
  });
});
