import { afterEach, expect, test } from 'vitest';
import { networkError } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { createHttp } from '../../src/http/index.ts';
import { createServers, drop, failureOf, httpServer, scripted, soon, status, testCall } from './servers.ts';

const servers = createServers();
afterEach(() => servers.stopAll());

interface Seen {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A server that answers with each status in turn (0: it hangs up), and keeps what it was asked. */
async function keeping(...statuses: readonly number[]): Promise<{ readonly origin: string; readonly seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const { origin } = await servers.add(
    httpServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const code = statuses[seen.length] ?? 200;
        seen.push({ headers: request.headers, body });
        if (code === 0) drop(response);
        else status(code, soon)(response);
      });
    }),
  );
  return { origin, seen };
}

test('each try is prepared anew: its headers and its body', async () => {
  const { origin, seen } = await keeping(503, 0, 200);
  const http = createHttp({ userAgent: 'imgctl/test' });
  let tries = 0;
  const answer = await http.request(
    {
      method: 'PUT',
      url: origin,
      headers: { 'If-Match': '"static"', 'x-kept': 'yes' },
      json: { generation: 'static' },
      prepare: async () => {
        tries += 1;
        return { json: { generation: tries }, headers: { 'if-match': `"${tries}"`, 'X-Signature': `signed ${tries}` } };
      },
    },
    testCall(3),
  );
  expect(answer.status).toBe(200);
  expect(seen.map(({ headers, body }) => [headers['if-match'], headers['x-signature'], headers['x-kept'], body])).toEqual([
    ['"1"', 'signed 1', 'yes', '{"generation":1}'],
    ['"2"', 'signed 2', 'yes', '{"generation":2}'],
    ['"3"', 'signed 3', 'yes', '{"generation":3}'],
  ]);
});

test('what is not prepared stays as the request says it', async () => {
  const { origin, seen } = await keeping();
  const http = createHttp({ userAgent: 'imgctl/test' });
  const request = { method: 'POST', url: origin, headers: { etag: 'a' }, json: { a: 1 } } as const;
  await http.request({ ...request, prepare: async () => ({ headers: { etag: undefined, date: 'now' } }) }, testCall());
  expect(seen).toMatchObject([{ headers: { etag: 'a', date: 'now', 'content-type': 'application/json' }, body: '{"a":1}' }]);
});

test('what the preparation throws is no fault of the request: it is thrown at once, and nothing is sent', async () => {
  const { origin, seen } = await scripted(servers, status(200));
  const call = testCall(5);
  const fault = networkError('other.example:443 broke the connection', {
    cause: Object.assign(new Error(), { code: 'ECONNRESET' }),
  });
  let asked = 0;
  const prepare = (): Promise<never> => {
    asked += 1;
    return Promise.reject(fault);
  };
  const request = createHttp({ userAgent: 'imgctl/test' }).request({ method: 'PUT', url: origin, prepare }, call);
  expect(await failureOf(request)).toBe(fault);
  expect([asked, seen, call.notes, call.retries.left]).toEqual([1, [], [], 5]);
});

test('secrets of a preparation are revealed on the wire, and masked in the trace and in what comes back', async () => {
  const lines: string[] = [];
  const { origin, seen } = await keeping(400);
  const http = createHttp({ userAgent: 'imgctl/test', trace: (line) => lines.push(line) });
  await http.request(
    {
      method: 'POST',
      url: origin,
      prepare: async () => ({
        headers: { authorization: 'AWS4 planted-header', 'x-own': new Secret('planted-typed') },
        json: { wrapped: new Secret('planted-body'), echo: 'planted-typed' },
      }),
    },
    testCall(),
  );
  expect(seen).toMatchObject([
    {
      headers: { authorization: 'AWS4 planted-header', 'x-own': 'planted-typed' },
      body: expect.stringContaining('planted-body'),
    },
  ]);
  expect(lines).toHaveLength(2);
  expect(lines.join('\n')).not.toContain('planted');
});

test('a header that was prepared and could begin another one is refused before anything is sent', async () => {
  const { origin, seen } = await scripted(servers, status(200));
  const prepare = async () => ({ headers: { 'x-date': 'a\r\nx-evil: 1' } });
  const failure = await failureOf(createHttp({ userAgent: 'i' }).request({ method: 'GET', url: origin, prepare }, testCall(3)));
  expect(failure).toMatchObject({ code: 'USAGE', message: expect.stringContaining('x-date') });
  expect(seen).toEqual([]);
});

test('no redirect takes along what was prepared', async () => {
  const other = await scripted(servers, status(200));
  const { origin, seen } = await scripted(servers, status(307, { location: other.origin }));
  const prepare = async () => ({ headers: { authorization: new Secret('planted') } });
  const answer = await createHttp({ userAgent: 'i' }).request({ method: 'GET', url: origin, prepare }, testCall(3));
  expect(answer).toMatchObject({ status: 307, headers: { location: other.origin } });
  expect([seen.length, other.seen.length]).toEqual([1, 0]);
});
