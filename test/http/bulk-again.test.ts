import { afterEach, describe, expect, test } from 'vitest';
import { createHttp } from '../../src/http/index.ts';
import {
  bytesOfChunks,
  chunksOf,
  createServers,
  drop,
  failureOf,
  httpServer,
  rawServer,
  scripted,
  soon,
  status,
  testCall,
} from './servers.ts';

const servers = createServers();
afterEach(() => servers.stopAll());

const http = createHttp({ userAgent: 'imgctl/test' });
const quick = createHttp({ userAgent: 'imgctl/test', timeoutMs: 200, stallMs: 300 });

describe('bytes that are asked for', () => {
  test.each([408, 429, 500, 502, 503, 504])('are asked for again after %i', async (code) => {
    const { origin, seen } = await scripted(servers, status(code, soon), status(200, {}, 'disk'));
    const call = testCall(2);
    expect((await http.receive({ url: origin }, call)).status).toBe(200);
    expect([seen.length, call.retries.left]).toEqual([2, 1]);
  });

  test('are asked for as often as the budget says, and the last refusal comes back with its words', async () => {
    const { origin, seen } = await scripted(servers, status(503, soon, 'busy'));
    const answer = await http.receive({ url: origin }, testCall(2));
    expect([answer.status, await answer.text(), seen.length]).toEqual([503, 'busy', 3]);
  });

  test.each([401, 403, 404])('%i is an answer, and is asked for once', async (code) => {
    const { origin, seen } = await scripted(servers, status(code));
    expect((await http.receive({ url: origin }, testCall(3))).status).toBe(code);
    expect(seen.length).toBe(1);
  });

  test('are asked for again after a broken connection, and after the pause that was asked for', async () => {
    const { origin } = await scripted(servers, drop, status(503, { 'retry-after': '1' }), status(200));
    const since = Date.now();
    expect((await http.receive({ url: origin }, testCall(2))).status).toBe(200);
    expect(Date.now() - since).toBeGreaterThan(1200);
  });
});

describe('a server that refuses to be asked before it is sent bytes', () => {
  test('is sent them without the question', async () => {
    const asked: (string | undefined)[] = [];
    const server = httpServer((request, response) => {
      asked.push(request.headers.expect);
      request.resume().on('end', () => response.end('stored'));
    });
    server.on('checkContinue', (request, response) => {
      asked.push(request.headers.expect);
      response.writeHead(417, { connection: 'close' });
      response.end();
    });
    const { origin } = await servers.add(server);
    const data = bytesOfChunks(2, 1000);
    for (let time = 0; time < 2; time += 1) {
      const sent = { method: 'PUT', url: origin, bytes: chunksOf(2, 1000), length: data.length, expectContinue: true } as const;
      expect((await http.send(sent, testCall())).status).toBe(200);
    }
    expect(asked).toEqual(['100-continue', undefined, undefined]);
  });

  test('nothing needs no question, and may be answered at once', async () => {
    const asked: (string | undefined)[] = [];
    const { origin } = await servers.add(
      httpServer((request, response) => {
        asked.push(request.headers.expect);
        response.writeHead(204);
        response.end();
      }),
    );
    const sent = { method: 'PUT', url: origin, bytes: chunksOf(0, 1), length: 0, expectContinue: true } as const;
    expect((await http.send(sent, testCall())).status).toBe(204);
    expect(asked).toEqual([undefined]);
  });
});

describe('bytes that trickle in give no more time', () => {
  const modes: Readonly<Record<string, readonly [string, string]>> = {
    'a header that never ends': ['HTTP/1.1 200 OK\r\n', 'X'],
    'interim answers for ever': ['', 'HTTP/1.1 102 Processing\r\n\r\n'],
    'a refusal whose words trickle': ['HTTP/1.1 500 No\r\nContent-Length: 60000\r\n\r\n', 'X'],
  };
  for (const [name, [first, again]] of Object.entries(modes))
    for (const way of ['receive', 'send'] as const)
      test(`${name}: ${way}`, async () => {
        const { origin } = await servers.add(
          rawServer((socket) => {
            socket.once('data', () => {
              socket.write(first);
              const timer = setInterval(() => socket.write(again), 20);
              socket.on('close', () => clearInterval(timer));
            });
          }),
        );
        const since = Date.now();
        const sent = { method: 'PUT', url: origin, bytes: chunksOf(1, 10), length: 10 } as const;
        const limited = createHttp({ userAgent: 'imgctl/test', timeoutMs: 30, stallMs: 300 });
        const work = way === 'receive' ? quick.receive({ url: origin }, testCall()) : limited.send(sent, testCall());
        const ended = await work.then(
          ({ status: code }) => code,
          (error: { code: string }) => error.code,
        );
        expect([500, 'NETWORK']).toContain(ended);
        // They would trickle for ever; the limits are of a second together.
        expect(Date.now() - since).toBeLessThan(30_000);
      });
});

test('no page and no piece of JSON is quoted', async () => {
  const page = '<!DOCTYPE html><html><head><title>Sign in</title><script>x()</script></head><body>y</body></html>';
  for (const [type, body, words] of [
    ['text/html', page, 'HTML instead of JSON ("Sign in")'],
    ['application/json', '{"data":[{"id":"private/1","label":"se', 'breaks off after 38 bytes'],
  ] as const) {
    const { origin } = await scripted(servers, status(200, { 'content-type': type }, body));
    const answer = await http.request({ method: 'GET', url: origin }, testCall());
    const { message } = await failureOf(Promise.resolve().then(() => answer.json()));
    expect(message).toContain(words);
    expect(message).not.toMatch(/<|private|label/);
  }
});
