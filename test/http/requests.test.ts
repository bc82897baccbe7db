import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';
import { createServers, failureOf, httpServer, rawServer, scripted, status, testCall } from './servers.ts';

const servers = createServers();
afterEach(() => servers.stopAll());

const settings: HttpSettings = { userAgent: 'imgctl/test' };
const http = createHttp(settings);

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
      headers: {
        'x-auth-token': 't0ken-value',
        'user-agent': 'imgctl/test',
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: { auth: { password: 'pa"ss', list: ['one'], at: '1970-01-01T00:00:00.000Z' } },
    });
  });

  test('a content type of the caller wins over JSON’s', async () => {
    const { origin } = await servers.add(
      httpServer((request, response) => response.end(JSON.stringify(request.headers['content-type']))),
    );
    const answer = await http.request(
      { method: 'PATCH', url: origin, headers: { 'content-type': 'application/json-patch+json' }, json: [] },
      testCall(),
    );
    expect(answer.json()).toBe('application/json-patch+json');
  });

  test('a line break in a header is refused before anything is sent, and a secret one is not quoted', async () => {
    const { origin, seen } = await scripted(servers, status(200));
    const plain = await failureOf(
      http.request({ method: 'GET', url: origin, headers: { 'x-name': 'a\r\nx-evil: 1' } }, testCall()),
    );
    expect(plain).toMatchObject({ code: 'USAGE', message: expect.stringContaining('x-name') });
    const secret = await failureOf(
      http.request({ method: 'GET', url: origin, headers: { 'x-auth-token': new Secret('hushhush\n') } }, testCall()),
    );
    expect(secret).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('x-auth-token') });
    expect(secret.message).not.toContain('hush');
    expect(seen).toEqual([]);
  });

  test('as many at once as the caller likes are no reason to warn of a leak', async () => {
    const { origin } = await servers.add(httpServer((_request, response) => void setTimeout(() => response.end('{}'), 20)));
    const warned: Error[] = [];
    const hear = (warning: Error): unknown => warned.push(warning);
    process.on('warning', hear);
    const call = testCall();
    await Promise.all(Array.from({ length: 20 }, () => http.request({ method: 'GET', url: origin }, call)));
    process.off('warning', hear);
    expect(warned).toEqual([]);
  });

  test.each(['ftp://host/x', 'not a url', 'file:///etc/passwd'])('%s is no address to ask', async (url) => {
    expect(await failureOf(http.request({ method: 'GET', url }, testCall()))).toMatchObject({ code: 'CONFIG' });
  });
});

describe('answers', () => {
  test.each([301, 302, 307, 308])('a redirect is an answer and is not followed: %i', async (code) => {
    const { origin, seen } = await scripted(servers, status(code, { location: '/elsewhere' }));
    const answer = await http.request({ method: code === 301 ? 'GET' : 'POST', url: `${origin}/here` }, testCall(3));
    expect(answer).toMatchObject({ status: code, headers: { location: '/elsewhere' } });
    expect(seen).toHaveLength(1);
  });

  test('every status comes back, repeated headers joined', async () => {
    const { origin } = await servers.add(
      httpServer((_request, response) => {
        response.writeHead(
          404,
          [
            ['x-two', 'a'],
            ['x-two', 'b'],
            ['content-type', 'text/plain'],
          ].flat(),
        );
        response.end('nothing here');
      }),
    );
    const answer = await http.request({ method: 'GET', url: `${origin}/x?limit=1` }, testCall());
    expect(answer).toMatchObject({ status: 404, text: 'nothing here', url: `${origin}/x?limit=1`, headers: { 'x-two': 'a, b' } });
  });

  test('HTML instead of JSON is named, with its beginning', async () => {
    const { origin } = await scripted(
      servers,
      status(200, { 'content-type': 'text/html' }, `<html>\u001b[31m Sign in${'x'.repeat(500)}`),
    );
    const answer = await http.request({ method: 'GET', url: origin }, testCall());
    let failure: unknown;
    try {
      answer.json();
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({
      code: 'PROVIDER',
      message: expect.stringMatching(/HTML instead of JSON .*text\/html/),
    });
    expect((failure as Error).message).not.toContain('\u001b');
    expect((failure as Error).message.length).toBeLessThan(300);
  });

  test('JSON that was cut short is not taken for whole', async () => {
    const { origin } = await scripted(servers, status(200, {}, '{"images": [{"id": "a'));
    const answer = await http.request({ method: 'GET', url: origin }, testCall());
    expect(() => answer.json()).toThrow(/breaks off after|something other than JSON/);
    const empty = await scripted(servers, status(200, {}, ''));
    const nothing = await http.request({ method: 'GET', url: empty.origin }, testCall());
    expect(() => nothing.json()).toThrow(/nothing instead of JSON/);
  });

  test('a body that ends before its length is a broken connection', async () => {
    const { origin } = await scripted(servers, (response) => {
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
    const { origin } = await scripted(servers, (response) => {
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
    const { origin } = await scripted(servers, (response) => {
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
