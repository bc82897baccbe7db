import { request as httpRequest } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { createHttp, type HttpSettings } from '../../src/http/index.ts';
import { watchConnecting } from '../../src/http/connect-phase.ts';
import { createServers, drop, failureOf, httpServer, scripted, status, testCall } from './servers.ts';
import { withoutInvalidHosts } from '../support/no-such-host.ts';

const servers = createServers();
afterEach(() => servers.stopAll());
withoutInvalidHosts();

const settings: HttpSettings = { userAgent: 'imgctl/test' };
const http = createHttp(settings);

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
    const quick = createHttp({ ...settings, timeoutMs: 1200, stallMs: 1500 });
    const silent = await scripted(servers, () => undefined);
    expect(await failureOf(quick.request({ method: 'GET', url: silent.origin }, testCall()))).toMatchObject({
      code: 'NETWORK',
      message: `${new URL(silent.origin).host}: no data for 1.2 s while waiting for the answer`,
    });
    const stalled = await scripted(servers, (response) => {
      response.writeHead(200);
      response.write('{');
    });
    expect(await failureOf(quick.request({ method: 'GET', url: stalled.origin }, testCall()))).toMatchObject({
      code: 'NETWORK',
      message: `${new URL(stalled.origin).host}: no data for 1.5 s while reading the answer`,
    });
  });

  test('a host name that is looked up for ever', async () => {
    const request = httpRequest({ host: 'name.example', lookup: () => undefined });
    const phase = watchConnecting(request, () => undefined);
    await new Promise((resolve) => request.once('socket', resolve));
    expect(phase()).toBe('looking up the host name');
    request.on('error', () => undefined).destroy();
  });

  test('a body that trickles in for ever is given up', async () => {
    const quick = createHttp({ ...settings, stallMs: 100 });
    const { origin } = await scripted(servers, (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect(await failureOf(quick.request({ method: 'GET', url: origin }, testCall()))).toMatchObject({ code: 'NETWORK' });
  });

  test('giving up ends the request, and the pause before a retry', async () => {
    const first = new AbortController();
    const waiting = await scripted(servers, () => first.abort());
    expect(await failureOf(http.request({ method: 'GET', url: waiting.origin }, testCall(3, first.signal)))).toMatchObject({
      code: 'ABORTED',
    });
    const busy = await scripted(servers, status(503, { 'retry-after': '30' }));
    const second = new AbortController();
    // A retry is noted before its pause.
    const pausing = { ...testCall(3, second.signal), note: () => setImmediate(() => second.abort()) };
    expect(await failureOf(http.request({ method: 'GET', url: busy.origin }, pausing))).toMatchObject({ code: 'ABORTED' });
    expect(await failureOf(http.request({ method: 'GET', url: busy.origin }, testCall(3, AbortSignal.abort())))).toMatchObject({
      code: 'ABORTED',
    });
    expect(busy.seen).toHaveLength(1);
  });

  test('no token in an error, however it is printed', async () => {
    const { origin } = await scripted(servers, drop);
    const failure = await failureOf(
      http.request(
        {
          method: 'POST',
          url: `${origin}/signed?sig=hushhush-url`,
          secretUrl: true,
          headers: { 'x-auth-token': new Secret('hushhush-head') },
          json: { p: new Secret('hushhush-body') },
        },
        testCall(),
      ),
    );
    expect(failure.code).toBe('NETWORK');
    expect(`${inspect(failure, { depth: 20, showHidden: true })}${JSON.stringify(failure)}${failure.stack}`).not.toContain(
      'hushhush',
    );
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
