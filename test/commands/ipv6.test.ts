import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOci, type OciCloud } from '../clouds/oci/index.ts';
import { startFront, type Front } from '../support/front.ts';
import { commandStage, profileVariables, smallDisk } from './stage.ts';

/** A port of ::1 that nobody listens on; absent: this machine has no ::1. */
const closedPort = await new Promise<number | undefined>((resolve) => {
  const server = createServer();
  server.once('error', () => resolve(undefined));
  server.listen(0, '::1', () => {
    const { port } = server.address() as AddressInfo;
    server.close(() => resolve(port));
  });
});

describe.skipIf(closedPort === undefined)(`IPv6${closedPort === undefined ? ' (SKIPPED: this machine has no ::1)' : ''}`, () => {
  const stage = commandStage();
  let cloud: OciCloud;
  let front: Front;
  beforeEach(async () => {
    cloud = await startOci({ auth: 'basic', relativeLocations: true });
    front = await startFront(cloud.origin, { host: '::1' });
  });
  afterEach(async () => {
    await front.stop();
    await cloud.stop();
  });

  const env = (registry: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
    ...profileVariables('reg', 'oci', { ...cloud.values, places: '', registry, plainHttp: 'true' }),
    ...more,
  });
  const roundTrip = async (at: Readonly<Record<string, string>>): Promise<void> => {
    const disk = stage.write('disk.raw', smallDisk());
    await stage.ok(['upload', disk, '--name', 'reg:web', '--if-exists', 'rename'], { env: at });
    await stage.ok(['download', 'reg:web', stage.file('back.raw'), '--force'], { env: at });
    expect(stage.read('back.raw').equals(smallDisk())).toBe(true);
  };

  it('is spoken to a server: calls, an upload and a download', async () => {
    await roundTrip(env(front.host));
    expect(front.asked.some((line) => line.startsWith('PUT '))).toBe(true);
  });

  it('is spoken to a proxy, unless NO_PROXY names the address, in any of its forms', async () => {
    const { host } = new URL(cloud.origin);
    await roundTrip(env(host, { HTTP_PROXY: front.origin }));
    expect(front.asked.some((line) => line.startsWith(`PUT http://${host}/`))).toBe(true);
    const gone = { HTTP_PROXY: `http://[::1]:${closedPort}` };
    for (const no of ['::1', '[::1]', front.host, '::/64', 'example.org,[::1]'])
      await stage.ok(['list', '-p', 'reg'], { env: env(front.host, { ...gone, NO_PROXY: no }) });
  });

  it('stands in messages as in a URL', async () => {
    const refused = await stage.run(['list', '-p', 'reg', '--retries', '0'], { env: env(`[::1]:${closedPort}`) });
    expect([refused.exitCode, refused.stderr.split('\n')[0]]).toEqual([9, `imgctl: [::1]:${closedPort} refused the connection`]);
    const through = env(front.host, { HTTP_PROXY: `http://[::1]:${closedPort}` });
    const { stderr } = await stage.run(['list', '-p', 'reg', '--retries', '0'], { env: through });
    expect(stderr).toContain(`${front.host} through the proxy [::1]:${closedPort} refused the connection`);
  });
});
