import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';
import { createServers, failureOf, httpServer, rawServer, testCall } from './servers.ts';

const servers = createServers();
afterEach(() => servers.stopAll());

const settings: HttpSettings = { userAgent: 'imgctl/test' };
const http = createHttp(settings);

/** A server that answers request number n (from 0) by the n-th function, and the last one for ever. */
async function scripted(...answers: ((response: ServerResponse, request: IncomingMessage) => void)[]): Promise<{ origin: string; seen: string[] }> {
  const seen: string[] = [];
  const { origin } = await servers.add(
    httpServer((request, response) => {
      const answer = answers[Math.min(seen.length, answers.length - 1)];
      seen.push(`${request.method} ${request.url}`);
      request.resume();
      request.on('end', () => answer?.(response, request));
    }),
  );
  return { origin, seen };
}
const status =
  (code: number, headers: Record<string, string> = {}, body = '{}') =>
  (response: ServerResponse): void => {
    response.writeHead(code, headers);
    response.end(body);
  };
const soon = { 'retry-after': '0' };
const drop = (response: ServerResponse): void => void response.socket?.destroy();

describe('what is sent', () => {
  test('secrets in headers and JSON are revealed on the wire, and the user agent is ours', async () => {
    let seen: unknown;
    const { origin } = await servers.add(
      httpServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        seen = { headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) };
        response.end('{}');
      }),
    );
    await http.request(
      {
        method: 'POST',
        url: origin,
        headers: { 'X-Auth-Token': new Secret('t0ken-value') },
        json: { auth: { password: new Secret('pa"ss'), list: [new Secret('one')], at: new Date(0), none: undefined } },
      },
      testCall(),
    );
    expect(seen).toMatchObject({
      headers: { 'x-auth-token': 't0ken-value', 'user-agent': 'imgctl/test', 'content-type': 'application/json', accept: 'application/json' },
      body: { auth: { password: 'pa"ss', list: ['one'], at: '1970-01-01T00:00:00.000Z' } },
    });
  });

  test('a content type of the caller wins over JSON’s', async () => {
    const { origin } = await servers.add(httpServer((request, response) => response.end(JSON.stringify(request.headers['content-type']))));
    const answer = await http.request(
      { method: 'PATCH', url: origin, headers: { 'content-type': 'application/json-patch+json' }, json: [] },
      testCall(),
    );
    expect(answer.json()).toBe('application/json-patch+json');
  });

  test('a line break in a header is refused before anything is sent, and a secret one is not quoted', async () => {
    const { origin, seen } = await scripted(status(200));
    const plain = await failureOf(http.request({ method: 'GET', url: origin, headers: { 'x-name': 'a\r\nx-evil: 1' } }, testCall()));
    expect(plain).toMatchObject({ code: 'USAGE', message: expect.stringContaining('x-name') });
    const secret = await failureOf(http.request({ method: 'GET', url: origin, headers: { 'x-auth-token': new Secret('hushhush\n') } }, testCall()));
    expect(secret).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('x-auth-token') });
    expect(secret.message).not.toContain('hush');
    expect(seen).toEqual([]);
  });

  test.each(['ftp://host/x', 'not a url', 'file:///etc/passwd'])('%s is no address to ask', async (url) => {
    expect(await failureOf(http.request({ method: 'GET', url }, testCall()))).toMatchObject({ code: 'CONFIG' });
  });
});

describe('answers', () => {
  test.each([301, 302, 307, 308])('a redirect is an answer and is not followed: %i', async (code) => {
    const { origin, seen } = await scripted(status(code, { location: '/elsewhere' }));
    const answer = await http.request({ method: code === 301 ? 'GET' : 'POST', url: `${origin}/here` }, testCall(3));
    expect(answer).toMatchObject({ status: code, headers: { location: '/elsewhere' } });
    expect(seen).toHaveLength(1);
  });

  test('every status comes back, repeated headers joined', async () => {
    const { origin } = await servers.add(
      httpServer((_request, response) => {
        response.writeHead(404, [['x-two', 'a'], ['x-two', 'b'], ['content-type', 'text/plain']].flat());
        response.end('nothing here');
      }),
    );
    const answer = await http.request({ method: 'GET', url: `${origin}/x?limit=1` }, testCall());
    expect(answer).toMatchObject({ status: 404, text: 'nothing here', url: `${origin}/x?limit=1`, headers: { 'x-two': 'a, b' } });
  });

  test('HTML instead of JSON is named, with its beginning', async () => {
    const { origin } = await scripted(status(200, { 'content-type': 'text/html' }, `<html>\u001b[31m Sign in${'x'.repeat(500)}`));
    const answer = await http.request({ method: 'GET', url: origin }, testCall());
    let failure: unknown;
    try {
      answer.json();
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code: 'PROVIDER', message: expect.stringMatching(/HTML instead of JSON .*text\/html.*<html>.*Sign in/) });
    expect((failure as Error).message).not.toContain('\u001b');
    expect((failure as Error).message.length).toBeLessThan(300);
  });

  test('JSON that was cut short is not taken for whole', async () => {
    const { origin } = await scripted(status(200, {}, '{"images": [{"id": "a'));
    const answer = await http.request({ method: 'GET', url: origin }, testCall());
    expect(() => answer.json()).toThrow(/something else instead of JSON/);
    const empty = await scripted(status(200, {}, ''));
    const nothing = await http.request({ method: 'GET', url: empty.origin }, testCall());
    expect(() => nothing.json()).toThrow(/nothing instead of JSON/);
  });

  test('a body that ends before its length is a broken connection', async () => {
    const { origin } = await scripted((response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{"a":', () => response.socket?.destroy());
    });
    expect(await failureOf(http.request({ method: 'GET', url: origin }, testCall()))).toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining('while reading the answer'),
    });
  });

  test('an endless body is given up at the limit', async () => {
    let written = 0;
    const { origin } = await scripted((response) => {
      const chunk = Buffer.alloc(64 * 1024, 32);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
        written += chunk.length;
        response.once('drain', more);
      };
      more();
    });
    const small = createHttp({ ...settings, maxBodyBytes: 1024 * 1024 });
    const failure = await failureOf(small.request({ method: 'GET', url: origin }, testCall(3)));
    expect(failure).toMatchObject({ code: 'PROVIDER', message: expect.stringContaining('more than 1048576 bytes') });
    expect(written).toBeLessThan(32 * 1024 * 1024);
  });

  test('the limit counts what was unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    const { origin } = await scripted((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bomb.length });
      response.end(bomb);
    });
    const small = createHttp({ ...settings, maxBodyBytes: 1024 * 1024 });
    expect(await failureOf(small.request({ method: 'GET', url: origin }, testCall()))).toMatchObject({ code: 'PROVIDER' });
    expect((await http.request({ method: 'GET', url: origin }, testCall())).text).toHaveLength(16 * 1024 * 1024);
  });

  test.each([
    ['what is not HTTP', '220 mail.example ESMTP\r\n\r\n'],
    ['headers without an end', `HTTP/1.1 200 OK\r\n${'x-y: 0123456789\r\n'.repeat(5000)}`],
  ])('%s is the provider’s fault', async (_what, text) => {
    const { origin } = await servers.add(rawServer((socket) => socket.once('data', () => socket.write(text))));
    expect(await failureOf(http.request({ method: 'GET', url: origin }, testCall(3)))).toMatchObject({
      code: 'PROVIDER',
      message: expect.stringContaining('not HTTP'),
    });
  });
});

describe('retries', () => {
  test.each([408, 429, 500, 502, 503, 504])('a GET is asked again after %i, and each retry is noted and paid for', async (code) => {
    const { origin, seen } = await scripted(status(code, soon), status(code, soon), status(200));
    const call = testCall(5);
    expect(await http.request({ method: 'GET', url: origin }, call)).toMatchObject({ status: 200 });
    expect(seen).toHaveLength(3);
    expect(call.retries.left).toBe(3);
    expect(call.notes).toEqual([
      { kind: 'retry', reason: `${new URL(origin).host} answered HTTP ${code}`, afterMs: 0 },
      { kind: 'retry', reason: `${new URL(origin).host} answered HTTP ${code}`, afterMs: 0 },
    ]);
  });

  test('with the budget used up the last answer comes back', async () => {
    const { origin, seen } = await scripted(status(503, soon));
    const call = testCall(2);
    expect(await http.request({ method: 'GET', url: origin }, call)).toMatchObject({ status: 503 });
    expect(seen).toHaveLength(3);
    expect(call.retries.left).toBe(0);
    expect(await http.request({ method: 'GET', url: origin }, call)).toMatchObject({ status: 503 });
    expect(seen).toHaveLength(4);
  });

  test.each([
    ['POST', undefined, 1],
    ['PATCH', undefined, 1],
    ['POST', true, 2],
    ['PUT', undefined, 2],
    ['DELETE', undefined, 2],
    ['GET', false, 1],
  ] as const)('%s (repeatable: %s) is sent %i times', async (method, repeatable, times) => {
    const answering = await scripted(status(503, soon), status(200));
    await http.request({ method, url: answering.origin, ...(repeatable === undefined ? {} : { repeatable }) }, testCall(3));
    expect(answering.seen).toHaveLength(times);
    const dropping = await scripted(drop, status(200));
    const request = http.request({ method, url: dropping.origin, ...(repeatable === undefined ? {} : { repeatable }) }, testCall(3));
    if (times === 1) expect(await failureOf(request)).toMatchObject({ code: 'NETWORK' });
    else expect(await request).toMatchObject({ status: 200 });
    expect(dropping.seen).toHaveLength(times);
  });

  test('a POST that was refused by 429 was not done, and is sent again', async () => {
    const { origin, seen } = await scripted(status(429, soon), status(201));
    expect(await http.request({ method: 'POST', url: origin, json: {} }, testCall(1))).toMatchObject({ status: 201 });
    expect(seen).toHaveLength(2);
  });

  test('`retryOn` replaces the statuses', async () => {
    const { origin, seen } = await scripted(status(409, soon), status(503, soon));
    expect(await http.request({ method: 'GET', url: origin, retryOn: [409] }, testCall(3))).toMatchObject({ status: 503 });
    expect(seen).toHaveLength(2);
  });

  test('an announced maintenance is not waited for', async () => {
    const { origin, seen } = await scripted(status(503, { ...soon, 'x-maintenance-mode': 'all' }));
    expect(await http.request({ method: 'GET', url: origin }, testCall(3))).toMatchObject({ status: 503 });
    expect(seen).toHaveLength(1);
  });

  test('Retry-After in seconds and as a date is kept to', async () => {
    for (const value of [() => '1', () => new Date(Date.now() + 2000).toUTCString()]) {
      const { origin } = await scripted(status(503, { 'retry-after': value() }), status(200));
      const begun = Date.now();
      const call = testCall(1);
      await http.request({ method: 'GET', url: origin }, call);
      expect(Date.now() - begun).toBeGreaterThanOrEqual(900);
      expect(call.notes).toHaveLength(1);
    }
  });

  test.each([
    [429, 'POST', 'LIMIT'],
    [503, 'GET', 'PROVIDER'],
  ] as const)('a pause of an hour (%i) is refused at once', async (code, method, kind) => {
    const { origin, seen } = await scripted(status(code, { 'retry-after': '3600' }));
    const failure = await failureOf(http.request({ method, url: origin }, testCall(3)));
    expect(failure).toMatchObject({ code: kind, message: expect.stringContaining('3600 s'), circumstances: { status: code } });
    expect(seen).toHaveLength(1);
  });

  test('without Retry-After a rate limit gets a second at least, anything else less', async () => {
    const limited = testCall(1);
    await http.request({ method: 'GET', url: (await scripted(status(429), status(200))).origin }, limited);
    expect(limited.notes).toEqual([expect.objectContaining({ afterMs: expect.closeTo(1250, -3) })]);
    expect((limited.notes[0] as { afterMs: number }).afterMs).toBeGreaterThanOrEqual(1000);
    const failing = testCall(2);
    await http.request({ method: 'GET', url: (await scripted(status(500), status(500), status(200))).origin }, failing);
    const pauses = failing.notes.map((note) => (note as { afterMs: number }).afterMs);
    expect(pauses[0]).toBeGreaterThanOrEqual(300);
    expect(pauses[0]).toBeLessThanOrEqual(450);
    expect(pauses[1]).toBeGreaterThanOrEqual(600);
  });
});

describe('failures', () => {
  test('a host name that is none', async () => {
    const call = testCall(3);
    const failure = await failureOf(http.request({ method: 'GET', url: 'https://no-such-host.invalid/v2?token=hushhush' }, call));
    expect(failure).toMatchObject({ code: 'NETWORK', message: expect.stringContaining('no-such-host.invalid:443') });
    expect(failure.message).not.toContain('hush');
    expect(call.notes.length).toBeLessThanOrEqual(3);
  });

  test('a port where nobody listens', async () => {
    const gone = await servers.add(httpServer(() => undefined));
    gone.stop();
    const failure = await failureOf(http.request({ method: 'GET', url: gone.origin }, testCall()));
    expect(failure).toMatchObject({ code: 'NETWORK', message: `127.0.0.1:${gone.port} refused the connection` });
  });

  test('no answer in time, and a body that stops: both say which phase', async () => {
    const quick = createHttp({ ...settings, timeoutMs: 150, stallMs: 250 });
    const silent = await scripted(() => undefined);
    expect(await failureOf(quick.request({ method: 'GET', url: silent.origin }, testCall()))).toMatchObject({
      code: 'NETWORK',
      message: `${new URL(silent.origin).host} sent nothing for 0.15 s while waiting for the answer`,
    });
    const stalled = await scripted((response) => {
      response.writeHead(200);
      response.write('{');
    });
    expect(await failureOf(quick.request({ method: 'GET', url: stalled.origin }, testCall()))).toMatchObject({
      code: 'NETWORK',
      message: `${new URL(stalled.origin).host} sent nothing for 0.25 s while reading the answer`,
    });
  });

  test('a body that trickles in for ever is given up', async () => {
    const quick = createHttp({ ...settings, stallMs: 100 });
    const { origin } = await scripted((response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(await failureOf(quick.request({ method: 'GET', url: origin }, testCall()))).toMatchObject({ code: 'NETWORK' });
  });

  test('giving up ends the request, and the pause before a retry', async () => {
    const waiting = await scripted(() => undefined);
    const first = new AbortController();
    setTimeout(() => first.abort(), 50);
    expect(await failureOf(http.request({ method: 'GET', url: waiting.origin }, testCall(3, first.signal)))).toMatchObject({ code: 'ABORTED' });
    const busy = await scripted(status(503, { 'retry-after': '30' }));
    const second = new AbortController();
    setTimeout(() => second.abort(), 150);
    expect(await failureOf(http.request({ method: 'GET', url: busy.origin }, testCall(3, second.signal)))).toMatchObject({ code: 'ABORTED' });
    expect(await failureOf(http.request({ method: 'GET', url: busy.origin }, testCall(3, AbortSignal.abort())))).toMatchObject({ code: 'ABORTED' });
    expect(busy.seen).toHaveLength(1);
  });

  test('no token in an error, however it is printed', async () => {
    const { origin } = await scripted(drop);
    const failure = await failureOf(
      http.request(
        { method: 'POST', url: `${origin}/signed?sig=hushhush-url`, secretUrl: true, headers: { 'x-auth-token': new Secret('hushhush-head') }, json: { p: new Secret('hushhush-body') } },
        testCall(),
      ),
    );
    expect(failure.code).toBe('NETWORK');
    expect(`${inspect(failure, { depth: 20, showHidden: true })}${JSON.stringify(failure)}${failure.stack}`).not.toContain('hushhush');
  });

  test('an idle connection is used again at once, and not once the server may have closed it', async () => {
    const ports: (number | undefined)[] = [];
    const { origin } = await servers.add(
      httpServer((request, response) => {
        ports.push(request.socket.remotePort);
        response.end('{}');
      }),
    );
    for (const pause of [0, 0, 4300]) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      await http.request({ method: 'GET', url: origin }, testCall());
    }
    expect(ports[1]).toBe(ports[0]);
    expect(ports[2]).not.toBe(ports[0]);
  });
});
