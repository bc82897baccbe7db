import { afterEach, describe, expect, test } from 'vitest';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';
import { createServers, drop, failureOf, scripted, soon, status, testCall } from './servers.ts';

const servers = createServers();
afterEach(() => servers.stopAll());

const settings: HttpSettings = { userAgent: 'imgctl/test' };
const http = createHttp(settings);

describe('retries', () => {
  test.each([408, 429, 500, 502, 503, 504, 520, 524])(
    'a GET is asked again after %i, and each retry is noted and paid for',
    async (code) => {
      const { origin, seen } = await scripted(servers, status(code, soon), status(code, soon), status(200));
      const call = testCall(5);
      expect(await http.request({ method: 'GET', url: origin }, call)).toMatchObject({ status: 200 });
      expect(seen).toHaveLength(3);
      expect(call.retries.left).toBe(3);
      expect(call.notes).toEqual([
        { kind: 'retry', reason: `${new URL(origin).host} answered HTTP ${code}`, afterMs: 0 },
        { kind: 'retry', reason: `${new URL(origin).host} answered HTTP ${code}`, afterMs: 0 },
      ]);
    },
  );

  test.each([400, 404, 409, 501, 505, 507])('%i is an answer, and is asked for once', async (code) => {
    const { origin, seen } = await scripted(servers, status(code, soon), status(200));
    expect(await http.request({ method: 'GET', url: origin }, testCall(3))).toMatchObject({ status: code });
    expect(seen).toHaveLength(1);
  });

  test('with the budget used up the last answer comes back', async () => {
    const { origin, seen } = await scripted(servers, status(503, soon));
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
    const answering = await scripted(servers, status(503, soon), status(200));
    await http.request({ method, url: answering.origin, ...(repeatable === undefined ? {} : { repeatable }) }, testCall(3));
    expect(answering.seen).toHaveLength(times);
    const dropping = await scripted(servers, drop, status(200));
    const request = http.request(
      { method, url: dropping.origin, ...(repeatable === undefined ? {} : { repeatable }) },
      testCall(3),
    );
    if (times === 1) expect(await failureOf(request)).toMatchObject({ code: 'NETWORK' });
    else expect(await request).toMatchObject({ status: 200 });
    expect(dropping.seen).toHaveLength(times);
  });

  test('a POST that was refused by 429 was not done, and is sent again', async () => {
    const { origin, seen } = await scripted(servers, status(429, soon), status(201));
    expect(await http.request({ method: 'POST', url: origin, json: {} }, testCall(1))).toMatchObject({ status: 201 });
    expect(seen).toHaveLength(2);
  });

  test('`retryOn` replaces the statuses', async () => {
    const { origin, seen } = await scripted(servers, status(409, soon), status(503, soon));
    expect(await http.request({ method: 'GET', url: origin, retryOn: [409] }, testCall(3))).toMatchObject({ status: 503 });
    expect(seen).toHaveLength(2);
  });

  test('an announced maintenance is not waited for', async () => {
    const { origin, seen } = await scripted(servers, status(503, { ...soon, 'x-maintenance-mode': 'all' }));
    expect(await http.request({ method: 'GET', url: origin }, testCall(3))).toMatchObject({ status: 503 });
    expect(seen).toHaveLength(1);
  });

  test('Retry-After in seconds and as a date is kept to', async () => {
    for (const value of [() => '1', () => new Date(Date.now() + 2000).toUTCString()]) {
      const { origin } = await scripted(servers, status(503, { 'retry-after': value() }), status(200));
      const begun = Date.now();
      const call = testCall(1);
      await http.request({ method: 'GET', url: origin }, call);
      expect(Date.now() - begun).toBeGreaterThanOrEqual(900);
      expect(call.notes).toHaveLength(1);
    }
  });

  test('Retry-After as a date is one of the clock of the server', async () => {
    const aDayAgo = (more: number) => new Date(Date.now() - 86_400_000 + more).toUTCString();
    const headers = { date: aDayAgo(0), 'retry-after': aDayAgo(1000) };
    const { origin } = await scripted(servers, status(503, headers), status(200));
    const call = testCall(1);
    await http.request({ method: 'GET', url: origin }, call);
    expect(call.notes).toEqual([expect.objectContaining({ afterMs: 1000 })]);
  });

  test('what never left this machine is sent again, whatever it is', async () => {
    const { origin } = await scripted(servers, status(200));
    await servers.stopAll();
    const call = testCall(1);
    await failureOf(http.request({ method: 'POST', url: origin, json: {} }, call));
    expect(call.retries.left).toBe(0);
  });

  test.each([
    [429, 'POST', 'LIMIT'],
    [503, 'GET', 'PROVIDER'],
  ] as const)('a pause of an hour (%i) is refused at once', async (code, method, kind) => {
    const { origin, seen } = await scripted(servers, status(code, { 'retry-after': '3600' }));
    const failure = await failureOf(http.request({ method, url: origin }, testCall(3)));
    expect(failure).toMatchObject({ code: kind, message: expect.stringContaining('3600 s'), circumstances: { status: code } });
    expect(seen).toHaveLength(1);
  });

  test('without Retry-After a rate limit gets a second at least, anything else less', async () => {
    const limited = testCall(1);
    await http.request({ method: 'GET', url: (await scripted(servers, status(429), status(200))).origin }, limited);
    expect(limited.notes).toEqual([expect.objectContaining({ afterMs: expect.closeTo(1250, -3) })]);
    expect((limited.notes[0] as { afterMs: number }).afterMs).toBeGreaterThanOrEqual(1000);
    const failing = testCall(2);
    await http.request({ method: 'GET', url: (await scripted(servers, status(500), status(500), status(200))).origin }, failing);
    const pauses = failing.notes.map((note) => (note as { afterMs: number }).afterMs);
    expect(pauses[0]).toBeGreaterThanOrEqual(300);
    expect(pauses[0]).toBeLessThanOrEqual(450);
    expect(pauses[1]).toBeGreaterThanOrEqual(600);
  });
});
