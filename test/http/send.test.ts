import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';
import { bytesOfChunks, chunksOf, createServers, failureOf, httpServer, keeper, rawServer, testCall } from './servers.ts';

const servers = createServers();
afterEach(() => servers.stopAll());

const settings: HttpSettings = { userAgent: 'imgctl/test' };
const http = createHttp(settings);
const kib = 1024;

describe('bytes that go', () => {
  test('all arrive, in order, while the source uses its buffer again', async () => {
    const { origin, got } = await keeper(servers);
    const request = {
      method: 'PUT',
      url: `${origin}/file`,
      headers: { 'content-type': 'application/octet-stream', 'x-auth-token': new Secret('tok') },
    } as const;
    const answer = await http.send({ ...request, bytes: chunksOf(40, 300 * kib), length: 40 * 300 * kib }, testCall());
    expect(answer).toMatchObject({ status: 200, text: 'stored', url: `${origin}/file` });
    expect(got[0]?.headers).toMatchObject({
      'content-length': String(40 * 300 * kib),
      'x-auth-token': 'tok',
      'user-agent': 'imgctl/test',
    });
    expect(got[0]?.data.equals(bytesOfChunks(40, 300 * kib))).toBe(true);
  });

  test('without a length they are sent in chunks', async () => {
    const { origin, got } = await keeper(servers);
    await http.send({ method: 'POST', url: origin, bytes: chunksOf(7, 1000) }, testCall());
    expect(got[0]?.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    expect(got[0]?.headers['content-length']).toBeUndefined();
    expect(got[0]?.data.equals(bytesOfChunks(7, 1000))).toBe(true);
  });

  test('nothing at all is a body too', async () => {
    const { origin, got } = await keeper(servers);
    await http.send({ method: 'PUT', url: origin, bytes: chunksOf(0, 1), length: 0 }, testCall());
    expect(got[0]).toMatchObject({ headers: { 'content-length': '0' }, data: Buffer.alloc(0) });
  });

  test('the next chunk is asked for only when the one before is with the system', async () => {
    let asked = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (; asked < 200; asked += 1) yield Buffer.alloc(kib * kib);
    }
    const { origin } = await servers.add(rawServer((socket) => socket.pause()));
    const stop = new AbortController();
    const sending = failureOf(
      http.send({ method: 'PUT', url: origin, bytes: source(), length: 200 * kib * kib }, testCall(0, stop.signal)),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    // What the buffers of two sockets hold, and no more.
    expect(asked).toBeLessThan(20);
    stop.abort();
    expect(await sending).toMatchObject({ code: 'ABORTED' });
  });

  test.each([
    ['fewer', 9, 'only 8000'],
    ['more', 7, 'more'],
  ])('%s bytes than announced: INTEGRITY, and the server sees it end early', async (_what, announced, words) => {
    const { origin, got, cut } = await keeper(servers);
    const failure = await failureOf(
      http.send({ method: 'PUT', url: origin, bytes: chunksOf(8, 1000), length: announced * 1000 + 1 }, testCall(3)),
    );
    expect(failure).toMatchObject({ code: 'INTEGRITY', message: expect.stringContaining(words) });
    await expect.poll(cut).toBe(1);
    expect(got).toHaveLength(0);
  });

  test('one chunk too many is noticed even when the answer is there already', async () => {
    const { origin } = await keeper(servers);
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1000);
      await new Promise((resolve) => setTimeout(resolve, 100));
      yield Buffer.alloc(1);
    }
    expect(await failureOf(http.send({ method: 'PUT', url: origin, bytes: source(), length: 1000 }, testCall()))).toMatchObject({
      code: 'INTEGRITY',
    });
  });

  test('what the source throws comes out as it is, and nothing is stored', async () => {
    const { origin, got, cut } = await keeper(servers);
    const broken = new Error('disk on fire');
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1000);
      throw broken;
    }
    await expect(http.send({ method: 'PUT', url: origin, bytes: source() }, testCall())).rejects.toBe(broken);
    await expect.poll(cut).toBe(1);
    expect(got).toHaveLength(0);
  });

  test('it is never repeated', async () => {
    let requests = 0;
    const { origin } = await servers.add(
      httpServer((request, response) => {
        requests += 1;
        request.resume().on('end', () => {
          response.writeHead(503, { 'retry-after': '0' });
          response.end('busy');
        });
      }),
    );
    expect(await http.send({ method: 'PUT', url: origin, bytes: chunksOf(1, 10) }, testCall(5))).toMatchObject({
      status: 503,
      text: 'busy',
    });
    expect(requests).toBe(1);
  });
});

/** Refuses after 4 MiB and breaks the connection in the same moment, in a thread of its own: while we do something else. */
const abrupt = `
  const { createServer } = require('node:net');
  const server = createServer((socket) => {
    let seen = 0;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      seen += data.length;
      if (seen < 4 << 20) return;
      socket.removeAllListeners('data').pause();
      socket.write('HTTP/1.1 413 X\\r\\ncontent-length: 9\\r\\n\\r\\ntoo large', () => socket.resetAndDestroy());
    });
  });
  server.listen(0, '127.0.0.1', () => require('node:worker_threads').parentPort.postMessage(server.address().port));
`;

describe('early answers', () => {
  test('one that the connection breaks under is heard when all is sent anew, however busy this process is', async () => {
    const server = new Worker(abrupt, { eval: true });
    try {
      const [port] = (await once(server, 'message')) as [number];
      /** Whoever hashes and compresses is not there while the server refuses. */
      async function* busy(): AsyncGenerator<Uint8Array> {
        for (let chunk = 0; chunk < 200; chunk += 1) {
          for (const since = performance.now(); performance.now() - since < 15;);
          yield Buffer.alloc(256 * kib);
        }
      }
      const sent = (): Promise<unknown> =>
        http.send({ method: 'PUT', url: `http://127.0.0.1:${port}`, bytes: busy(), length: 200 * 256 * kib }, testCall());
      await sent().catch(() => undefined);
      expect(await sent()).toMatchObject({ status: 413, text: 'too large' });
    } finally {
      await server.terminate();
    }
  });

  /** Answers after 100 kB and reads no more. */
  const refusing = (status: number, close: boolean): ReturnType<typeof rawServer> =>
    rawServer((socket) => {
      let seen = 0;
      socket.on('data', (data) => {
        seen += data.length;
        if (seen < 100_000) return;
        socket.pause();
        socket.removeAllListeners('data');
        socket.write(
          `HTTP/1.1 ${status} X\r\ncontent-length: 9\r\nconnection: close\r\n\r\ntoo large`,
          () => close && socket.end(),
        );
      });
    });

  test.each([
    [401, false],
    [409, true],
    [413, true],
    [413, false],
    [415, true],
  ])('%i ends the sending and is the answer (closing: %s)', async (status, close) => {
    const { origin } = await servers.add(refusing(status, close));
    let returned = false;
    let chunks = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (; chunks < 1000; chunks += 1) yield Buffer.alloc(kib * kib);
      } finally {
        returned = true;
      }
    }
    const answer = await http.send({ method: 'PUT', url: origin, bytes: source(), length: 1000 * kib * kib }, testCall());
    expect(answer).toMatchObject({ status, text: 'too large' });
    expect(chunks).toBeLessThan(100);
    expect(returned).toBe(true);
  });

  test('a success before the end is none', async () => {
    const { origin } = await servers.add(refusing(201, false));
    expect(await failureOf(http.send({ method: 'PUT', url: origin, bytes: chunksOf(500, kib * kib) }, testCall()))).toMatchObject(
      {
        code: 'INTEGRITY',
        message: expect.stringContaining('before all bytes were sent'),
      },
    );
  });

  test('a source that has nothing to give does not keep an answer, a failure or an end from being heard', async () => {
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100_000);
      await new Promise(() => undefined);
    }
    const { origin } = await servers.add(refusing(413, true));
    expect(await http.send({ method: 'PUT', url: origin, bytes: silent() }, testCall())).toMatchObject({ status: 413 });
    const dropping = await servers.add(rawServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await failureOf(http.send({ method: 'PUT', url: dropping.origin, bytes: silent() }, testCall()))).toMatchObject({
      code: 'NETWORK',
    });
    const stop = new AbortController();
    const { origin: patient } = await servers.add(rawServer((socket) => socket.once('data', () => stop.abort())));
    expect(await failureOf(http.send({ method: 'PUT', url: patient, bytes: silent() }, testCall(0, stop.signal)))).toMatchObject({
      code: 'ABORTED',
    });
  });
});

describe('asking first', () => {
  test('a refusal costs no bytes', async () => {
    let body = 0;
    const server = httpServer(() => undefined);
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      request.on('data', (data: Buffer) => (body += data.length));
      response.writeHead(401);
      response.end('who are you?');
    });
    const { origin } = await servers.add(server);
    let asked = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      asked += 1;
      yield Buffer.alloc(1000);
    }
    const answer = await http.send({ method: 'PUT', url: origin, bytes: source(), expectContinue: true }, testCall());
    expect(answer).toMatchObject({ status: 401, text: 'who are you?' });
    expect({ body, asked }).toEqual({ body: 0, asked: 0 });
  });

  test('with leave the bytes go, and without a word they go after a while', async () => {
    const { origin, got } = await keeper(servers);
    await http.send({ method: 'PUT', url: origin, bytes: chunksOf(3, 1000), length: 3000, expectContinue: true }, testCall());
    expect(got[0]?.headers).toMatchObject({ expect: '100-continue' });
    expect(got[0]?.data).toHaveLength(3000);
    let late = 0;
    // Before the question is asked: however late the server hears of it, the wait is no shorter than this tells.
    const begun = Date.now();
    const mute = await servers.add(
      rawServer((socket) => {
        let seen = '';
        socket.on('data', (data) => {
          seen += data.toString('latin1');
          if (late === 0 && seen.includes('\r\n\r\n') && !seen.endsWith('\r\n\r\n')) late = Date.now() - begun;
          if (seen.endsWith('\r\n\r\nABC')) socket.write('HTTP/1.1 204 No Content\r\n\r\n');
        });
      }),
    );
    async function* abc(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ABC');
    }
    expect(
      await http.send({ method: 'PUT', url: mute.origin, bytes: abc(), length: 3, expectContinue: true }, testCall()),
    ).toMatchObject({ status: 204 });
    expect(late).toBeGreaterThan(1000);
  });
});
