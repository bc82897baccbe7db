import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import type { Bytes } from '../../src/core/http.ts';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';
import { bytesOfChunks, createServers, failureOf, httpServer, testCall } from './servers.ts';

const servers = createServers();
afterAll(() => servers.stopAll());

const settings: HttpSettings = { userAgent: 'imgctl/test' };
const http = createHttp(settings);
const mib = 1024 * 1024;

async function origin(answer: (response: ServerResponse, request: IncomingMessage) => void): Promise<string> {
  return (await servers.add(httpServer((request, response) => answer(response, request)))).origin;
}
async function gather(bytes: Bytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
const data = bytesOfChunks(50, 100_003);

test('what comes lies in the memory that was handed in, and what has no room there elsewhere', async () => {
  for (const room of [0, 1, 70_001, mib + 1, data.length, data.length + 5]) {
    const into = new Uint8Array(room + 8).subarray(8);
    const url = await origin((response) => {
      // What comes late is given before a buffer is full.
      response.write(data.subarray(0, 70_000));
      setTimeout(() => response.end(data.subarray(70_000)), 150);
    });
    let come = 0;
    for await (const chunk of (await http.receive({ url, into }, testCall())).bytes) {
      if (come + chunk.length <= room) expect([chunk.buffer === into.buffer, chunk.byteOffset]).toEqual([true, 8 + come]);
      expect(data.subarray(come, come + chunk.length).equals(chunk)).toBe(true);
      come += chunk.length;
    }
    expect(come).toBe(data.length);
    expect(data.subarray(0, room).equals(into.subarray(0, data.length))).toBe(true);
  }
});

test('all bytes come, in order, in chunks of a megabyte at most', async () => {
  const url = await origin((response) => response.end(data));
  const answer = await http.receive({ url }, testCall());
  expect(answer).toMatchObject({ status: 200, headers: { 'content-length': String(data.length) } });
  const hash = createHash('sha256');
  let largest = 0;
  for await (const chunk of answer.bytes) {
    largest = Math.max(largest, chunk.byteLength);
    // A consumer that takes its time lets all other buffers fill up; its own stays as it is.
    await new Promise((resolve) => setTimeout(resolve, 20));
    hash.update(chunk);
  }
  expect(hash.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'));
  expect(largest).toBeLessThanOrEqual(mib);
});

test('an empty body, and a body without a length', async () => {
  const empty = await origin((response) => response.end());
  expect(await gather((await http.receive({ url: empty }, testCall())).bytes)).toHaveLength(0);
  const chunked = await origin((response) => {
    for (let at = 0; at < data.length; at += 70_001) response.write(data.subarray(at, at + 70_001));
    response.end();
  });
  expect((await gather((await http.receive({ url: chunked }, testCall())).bytes)).equals(data)).toBe(true);
});

test('what trickles in is handed on before a buffer is full', async () => {
  let isHandedOn = false;
  const url = await origin((response) => {
    // It trickles until the first of it was handed on, which is long before a buffer is full.
    const timer = setInterval(() => (isHandedOn ? response.end() : response.write('piece')), 20);
    response.on('close', () => clearInterval(timer));
  });
  for await (const _chunk of (await http.receive({ url }, testCall())).bytes) isHandedOn = true;
  expect(isHandedOn).toBe(true);
});

describe('ranges', () => {
  const partial = (): Promise<string> =>
    origin((response, request) => {
      const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
      const last = to ? Number(to) : data.length - 1;
      response.writeHead(206, { 'content-range': `bytes ${from}-${last}/${data.length}` });
      response.end(data.subarray(Number(from), last + 1));
    });

  test('from a byte on, and up to one', async () => {
    const url = await partial();
    const rest = await http.receive({ url, range: { from: 4_000_000 } }, testCall());
    expect(rest.status).toBe(206);
    expect((await gather(rest.bytes)).equals(data.subarray(4_000_000))).toBe(true);
    const middle = await http.receive({ url, range: { from: 10, to: 19 } }, testCall());
    expect((await gather(middle.bytes)).equals(data.subarray(10, 20))).toBe(true);
  });

  test('a part that was not asked for is refused', async () => {
    const url = await origin((response) => {
      response.writeHead(206, { 'content-range': `bytes 0-9/${data.length}` });
      response.end(data.subarray(0, 10));
    });
    expect(await failureOf(http.receive({ url, range: { from: 5 } }, testCall()))).toMatchObject({ code: 'PROVIDER' });
  });
});

test.each([302, 307])('a redirect is an answer and is not followed: %i', async (status) => {
  let asked = 0;
  const url = await origin((response) => {
    asked += 1;
    response.writeHead(status, { location: '/other' });
    response.end('over there');
  });
  const answer = await http.receive({ url }, testCall(3));
  expect(answer).toMatchObject({ status, headers: { location: '/other' } });
  expect(await answer.text()).toBe('over there');
  expect(asked).toBe(1);
});

test('an error’s body is read to 64 KiB', async () => {
  const url = await origin((response) => {
    response.writeHead(404);
    response.end('x'.repeat(mib));
  });
  expect(await (await http.receive({ url }, testCall())).text()).toHaveLength(64 * 1024);
});

test.each([
  ['with a length', { 'content-length': String(data.length) }],
  ['in chunks', {}],
])('a body that breaks off %s gives what came, then NETWORK', async (_how, headers) => {
  const url = await origin((response) => {
    response.writeHead(200, headers);
    response.write(data.subarray(0, 3_000_000), () => setTimeout(() => response.socket?.destroy(), 200));
  });
  const answer = await http.receive({ url }, testCall(3));
  let received = 0;
  const failure = await failureOf(
    (async () => {
      for await (const chunk of answer.bytes) received += chunk.byteLength;
    })(),
  );
  expect(failure).toMatchObject({
    code: 'NETWORK',
    message: expect.stringContaining('broke the connection while reading the answer'),
  });
  expect(received).toBe(3_000_000);
});

test('a connection that broke before reading began is not taken for an empty body', async () => {
  const url = await origin((response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('x', () => response.socket?.destroy());
  });
  const answer = await http.receive({ url }, testCall());
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await failureOf(gather(answer.bytes))).toMatchObject({ code: 'NETWORK' });
});

// They wait most of the time, and their limits are long enough for a machine that stands still now and then.
describe.concurrent('time', () => {
  const limitMs = 1500;
  const quick = createHttp({ ...settings, timeoutMs: limitMs, stallMs: limitMs });
  const twoLimits = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2 * limitMs));

  test('no headers, and a body that stops', async () => {
    const silent = await origin(() => undefined);
    expect(await failureOf(quick.receive({ url: silent }, testCall()))).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('while waiting for the answer'),
    });
    const stalled = await origin((response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('x');
    });
    const answer = await quick.receive({ url: stalled }, testCall());
    expect(await failureOf(gather(answer.bytes))).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('no data for 1.5 s while reading the answer'),
    });
  });

  test('a consumer may take longer than that', async () => {
    const big = bytesOfChunks(40, mib);
    const url = await origin((response) => response.end(big));
    const answer = await quick.receive({ url }, testCall());
    let received = 0;
    for await (const chunk of answer.bytes) {
      if (received === 0) await twoLimits();
      received += chunk.byteLength;
    }
    expect(received).toBe(big.length);
  });

  test('after that the server is watched as before', async () => {
    const url = await origin((response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('x');
      void twoLimits().then(() => response.write('y'));
    });
    const answer = await quick.receive({ url }, testCall());
    const failure = failureOf(
      (async () => {
        for await (const _chunk of answer.bytes) await twoLimits();
      })(),
    );
    expect(await failure).toMatchObject({ code: 'NETWORK', message: expect.stringContaining('no data for 1.5 s') });
  });

  test('`bytesPerSecond` is kept to', async () => {
    const url = await origin((response) => response.end(Buffer.alloc(600 * 1024)));
    const slow = createHttp({ ...settings, bytesPerSecond: 400 * 1024 });
    const begun = Date.now();
    expect(await gather((await slow.receive({ url }, testCall())).bytes)).toHaveLength(600 * 1024);
    expect(Date.now() - begun).toBeGreaterThan(1000);
  });
});

test('giving up ends it, and so does a consumer that has enough', async () => {
  let closed = 0;
  const url = await origin((response) => {
    response.on('close', () => (closed += 1));
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(mib)));
      response.once('drain', more);
    };
    more();
  });
  const stop = new AbortController();
  const aborted = await http.receive({ url }, testCall(0, stop.signal));
  const read = async (): Promise<void> => {
    for await (const _chunk of aborted.bytes) stop.abort();
  };
  expect(await failureOf(read())).toMatchObject({ code: 'ABORTED' });
  for await (const _chunk of (await http.receive({ url }, testCall())).bytes) break;
  await expect.poll(() => closed).toBe(2);
});

describe('a document that may be compressed on its way', () => {
  const packed = gzipSync(data);
  const gzip = { 'content-encoding': 'gzip' };
  const ask = async (answer: (response: ServerResponse) => void, compressible: boolean) => {
    let wanted: unknown;
    const url = await origin((response, request) => {
      wanted = request.headers['accept-encoding'];
      answer(response);
    });
    const { bytes } = await http.receive({ url, compressible }, testCall());
    return { wanted, bytes };
  };

  test('is given as it was before, and a file is left as it is', async () => {
    const document = await ask((response) => response.writeHead(200, gzip).end(packed), true);
    expect([document.wanted, (await gather(document.bytes)).equals(data)]).toEqual(['gzip', true]);
    const plain = await ask((response) => response.end(data), true);
    expect((await gather(plain.bytes)).equals(data)).toBe(true);
    const file = await ask((response) => response.writeHead(200, gzip).end(packed), false);
    expect([file.wanted, (await gather(file.bytes)).equals(packed)]).toEqual(['identity', true]);
  });

  test('breaks where its connection breaks, and is refused where it is no gzip', async () => {
    const cut = await ask((response) => {
      response.writeHead(200, { ...gzip, 'content-length': packed.length }).write(packed.subarray(0, packed.length >> 1));
      setTimeout(() => response.destroy(), 30);
    }, true);
    expect((await failureOf(gather(cut.bytes))).code).toBe('NETWORK');
    for (const body of [packed.subarray(0, packed.length >> 1), data]) {
      const broken = await ask((response) => response.writeHead(200, gzip).end(body), true);
      expect((await failureOf(gather(broken.bytes))).code).toBe('PROVIDER');
    }
  });
});
