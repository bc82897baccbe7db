import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskBytes } from '../support/content.ts';
import { guestDisk } from '../support/disk-images.ts';
import { startOci, type OciCloud } from '../clouds/oci/index.ts';
import { startProxy } from '../http/proxy-server.ts';
import { createServers, rawServer } from '../http/servers.ts';
import { startFront, type Front } from '../support/front.ts';
import { commandStage, profileVariables } from './stage.ts';

/** Each phase has this long, a transfer without a byte twice that. */
const timeoutMs = 500;
/** What a run may take beyond it on a loaded machine: less than the 30 s that each phase has where nobody says so. */
const slackMs = 25_000;

const disk = diskBytes('raw', 100_352);
const diskDigest = createHash('sha256').update(disk).digest('hex');

const stage = commandStage();
const servers = createServers();
let cloud: OciCloud;
let front: Front | undefined;
beforeEach(async () => {
  cloud = await startOci({ auth: 'none', relativeLocations: true });
});
afterEach(async () => {
  servers.stopAll();
  await front?.stop();
  front = undefined;
  await cloud.stop();
});

/** Runs a command on the registry at `host`, and gives its one line of failure; it must end with NETWORK, and in time. */
async function failure(
  args: readonly string[],
  host: string,
  more: { readonly https?: boolean; readonly env?: Readonly<Record<string, string>>; readonly limits?: number } = {},
): Promise<string> {
  const values = { ...cloud.values, places: '', registry: host, plainHttp: String(!more.https) };
  const since = performance.now();
  const { exitCode, stderr } = await stage.run(
    [...args, '-p', 'reg', '--retries', '0', '--timeout', `${timeoutMs}ms`, '--progress', 'none'],
    { env: { ...profileVariables('reg', 'oci', values), ...more.env } },
  );
  const took = performance.now() - since;
  expect(exitCode, stderr).toBe(9);
  expect(took).toBeGreaterThan(timeoutMs * 0.9);
  expect(took).toBeLessThan(timeoutMs * (more.limits ?? 1) + slackMs);
  return stderr.split('\n')[0] ?? '';
}

/** A front that does this instead of handing on. */
const instead = async (what: (request: IncomingMessage, response: ServerResponse) => boolean): Promise<Front> =>
  (front = await startFront(cloud.origin, { instead: what }));

/** Whether the disk is asked for; records are read whole, without a range. */
const isDisk = ({ url = '', method }: IncomingMessage): boolean => method === 'GET' && url.endsWith(diskDigest);

const mute = () => servers.add(rawServer(() => undefined));

describe('a phase that does not end is given up in time, and named', () => {
  it('connecting, where a proxy opens no tunnel', async () => {
    const proxy = await mute();
    const line = await failure(['list'], 'registry.example', { https: true, env: { HTTPS_PROXY: proxy.origin } });
    expect(line).toBe(
      `imgctl: registry.example:443 through the proxy 127.0.0.1:${proxy.port}: no data for 0.5 s while connecting`,
    );
  });

  it('agreeing on TLS, directly and through a tunnel', async () => {
    const { port } = await mute();
    const host = `127.0.0.1:${port}`;
    expect(await failure(['list'], host, { https: true })).toBe(`imgctl: ${host}: no data for 0.5 s while agreeing on TLS`);
    const proxy = await startProxy(servers, port);
    expect(await failure(['list'], host, { https: true, env: { HTTPS_PROXY: proxy.origin } })).toBe(
      `imgctl: ${host} through the proxy 127.0.0.1:${proxy.port}: no data for 0.5 s while agreeing on TLS`,
    );
  });

  it('waiting for the answer to a call, and to a download', async () => {
    cloud.plant({ name: 'web', data: disk });
    const call = await instead(() => true);
    expect(await failure(['list'], call.host)).toMatch(/: no data for 0\.5 s while waiting for the answer$/);
    await call.stop();
    const { host } = await instead(isDisk);
    const line = await failure(['download', 'web', stage.file('out.raw')], host, { limits: 2 });
    expect(line).toMatch(/: no data for 1 s while waiting for the answer$/);
  });

  it('reading the answer to a call, and a download', async () => {
    cloud.plant({ name: 'web', data: disk });
    const stall = (_request: IncomingMessage, response: ServerResponse): boolean => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100_000 });
      response.write(Buffer.alloc(50_000, ' '));
      return true;
    };
    const call = await instead(stall);
    expect(await failure(['list'], call.host, { limits: 2 })).toMatch(/: no data for 1 s while reading the answer$/);
    await call.stop();
    const { host } = await instead((request, response) => isDisk(request) && stall(request, response));
    const line = await failure(['download', 'web', stage.file('out.raw')], host, { limits: 2 });
    expect(line).toMatch(/: no data for 1 s while reading the answer$/);
  });

  it('sending, where the server reads no further', async () => {
    const { host } = await instead((request) => Number(request.headers['content-length'] ?? 0) > 1_000_000);
    // More than the buffers of both ends hold.
    const file = stage.write('disk.raw', guestDisk(14 * 1024 * 1024));
    const line = await failure(['upload', file, '--name', 'new', '--set', 'layout=single'], host, { limits: 2 });
    expect(line).toMatch(/: no data for 1 s while sending$/);
  });
});
