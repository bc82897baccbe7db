import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { diskBytes } from '../support/content.ts';
import { fieldVariable } from '../../src/profiles/resolve.ts';
import { startOci, type OciCloud } from '../clouds/oci/index.ts';
import { profileVariables } from '../commands/stage.ts';
import { hasOpenssl, makeCertificates, withoutOpenssl, type Certificates } from '../support/certificates.ts';
import { startFakeServer, type FakeServer } from '../support/fake-server.ts';
import { hasTurn } from '../support/sweep.ts';
import { startFront, type Front, type FrontSettings } from '../support/front.ts';
import { makeBed, type Bed } from '../clouds/bed.ts';
import { overNetwork, verbLines } from '../clouds/index.ts';

const quick = ['-p', 'x', '--timeout', '5s', '--retries', '0'];
const isSignIn = (path: string): boolean => overNetwork.some(([, { wire }]) => wire.isSignIn({ method: 'POST', path }));
/** Providers that are known by their address, scheme and all; a registry is known by its host, and has tests of its own below. */
const byAddress = overNetwork.filter(([, { wire }]) => wire.address.written('http://h').startsWith('http://h'));

const names = ['127.0.0.1', 'localhost'];

/** Headers that tell who we are. */
const credentials = /^(authorization|x-auth-token|cookie|proxy-authorization)$/;

describe.skipIf(!hasOpenssl)(`what was begun over https does not go on over http${withoutOpenssl}`, () => {
  let made: Certificates;
  let plain: FakeServer;
  let stops: (() => Promise<void>)[] = [];
  beforeAll(() => (made = makeCertificates()));
  afterAll(() => made.remove());
  afterEach(async () => {
    for (const stop of stops.reverse()) await stop();
    stops = [];
  });

  async function secured(origin: string, settings: FrontSettings = {}): Promise<Front> {
    const tls = { cert: made.text('server.crt'), key: made.text('server.key') };
    const front = await startFront(origin, { tls, ...settings });
    stops.push(front.stop);
    return front;
  }
  async function openLine(): Promise<string> {
    plain = await startFakeServer(() => ({ status: 200, body: { data: [], images: [], tags: [] } }));
    stops.push(plain.stop);
    return plain.origin;
  }
  const redirectTo =
    (origin: () => string): NonNullable<FrontSettings['instead']> =>
    (request, response) => {
      if (isSignIn(request.url ?? '')) return false;
      request.resume();
      response.writeHead(307, { location: `${origin()}${request.url}` }).end();
      return true;
    };

  describe.each(byAddress)('%s', (provider, { wire }) => {
    // Each verb is sent to one of them: the name of the server itself, as who ends TLS before it and knows nothing of it; and another one.
    it.each(names)('no redirect to http://%s is followed', async (name) => {
      const target = (await openLine()).replace('127.0.0.1', name);
      const bed: Bed = await makeBed({ x: provider });
      stops.push(() => bed.stop());
      const cloud = bed.cloud('x');
      const id = await cloud.seed('web');
      const [behind = ''] = Object.values(cloud.values).flatMap((value) => /^http:\/\/[\d.:]+/.exec(value)?.[0] ?? []);
      const front = await secured(behind, { instead: redirectTo(() => target) });
      const own = Object.entries(cloud.values).map(([field, value]) => [
        fieldVariable('x', field),
        value.replaceAll(behind, front.origin),
      ]);
      const env = {
        ...bed.env,
        ...Object.fromEntries(own),
        [fieldVariable('x', 'caBundle')]: made.path('ca.crt'),
        ...Object.fromEntries(
          Object.entries(wire.behind?.(front.origin) ?? {}).map(([field, value]) => [fieldVariable('x', field), value]),
        ),
      };
      const lines = verbLines.filter((one) => one.provider === provider && one.cloud === undefined);
      for (const [index, line] of lines.entries()) {
        if (!hasTurn(index + names.indexOf(name), names.length)) continue;
        await line.before?.(bed);
        const before = front.asked.length;
        const { exitCode, stderr } = await bed.home.run([...line.args(id, bed), ...quick], {
          env,
          ...(line.stdin ? { stdin: line.stdin } : {}),
        });
        expect(exitCode, line.verb).not.toBe(0);
        expect(front.asked.length, stderr).toBeGreaterThan(before);
        expect(plain.requests(), line.verb).toEqual([]);
      }
    });
  });

  it('openstack: nor to the address that the catalogue gives, unless the profile names it', async () => {
    const bed = await makeBed({ x: 'openstack' });
    const cloud = bed.cloud('x');
    stops.push(() => bed.stop());
    const behind = new URL(cloud.values.authUrl ?? '').origin;
    const front = await secured(behind);
    const env = {
      ...bed.env,
      [fieldVariable('x', 'authUrl')]: (cloud.values.authUrl ?? '').replace(behind, front.origin),
      [fieldVariable('x', 'caBundle')]: made.path('ca.crt'),
    };
    const refused = await bed.home.run(['list', ...quick], { env });
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(
      /refusing to send the token unencrypted to http:\/\/.*\(from the catalogue\)\n.*imageEndpoint/,
    );
    expect(front.asked.every((line) => line.includes('/auth/tokens'))).toBe(true);
    const meant = { ...env, [fieldVariable('x', 'imageEndpoint')]: `${behind}/image` };
    expect((await bed.home.run(['list', ...quick], { env: meant })).exitCode).toBe(0);
    const id = await cloud.seed('web');
    const other = await bed.home.run(['uses', id, ...quick], { env: meant });
    expect([other.exitCode, other.stderr.match(/refusing to send the token unencrypted/g)?.length]).toEqual([12, 2]);
  });

  it('nor from a URL that an image is uploaded or imported from', async () => {
    const target = await openLine();
    const bed = await makeBed({});
    const front = await secured(target, { instead: redirectTo(() => target) });
    stops.push(() => bed.stop());
    for (const args of [
      ['upload', `${front.origin}/disk`, '--name', 'new'],
      ['import', 'new', '--url', `${front.origin}/disk`, '--disk-format', 'raw'],
    ]) {
      const { exitCode, stderr } = await bed.home.run([
        ...args,
        '-p',
        'local',
        '--retries',
        '0',
        '--ca-bundle',
        made.path('ca.crt'),
      ]);
      expect(exitCode, stderr).toBe(9);
      expect(stderr).toMatch(/not followed|refusing the redirect/);
    }
    expect(plain.requests()).toEqual([]);
  });

  describe('oci', () => {
    let cloud: OciCloud;
    let bed: Bed;
    const begin = async (instead: NonNullable<FrontSettings['instead']>): Promise<(...args: string[]) => Promise<number>> => {
      cloud = await startOci({ auth: 'basic', relativeLocations: true });
      bed = await makeBed({});
      stops.push(cloud.stop, () => bed.stop());
      const front = await secured(cloud.origin, { instead });
      const values = { ...cloud.values, places: '', registry: front.host, plainHttp: 'false', caBundle: made.path('ca.crt') };
      const env = profileVariables('x', 'oci', values);
      return async (...args) => (await bed.home.run([...args, ...quick], { env })).exitCode;
    };

    it('no redirect is followed, of a call, of an upload or of a blob', async () => {
      const target = (await openLine()).replace('127.0.0.1', 'localhost');
      const redirect = redirectTo(() => target);
      let from = /./;
      const run = await begin(
        (request, response) => from.test(`${request.method} ${request.url}`) && redirect(request, response),
      );
      cloud.plant({ name: 'web', data: diskBytes('raw', 4096, 2) });
      const disk = bed.file('disk.raw', diskBytes('raw', 4096));
      for (const [where, ...args] of [
        [/./, 'list'],
        [/^GET .*\/blobs\//, 'download', 'web', `${bed.home.folder}/out.raw`],
        [/^(POST|PUT|PATCH) /, 'upload', disk, '--name', 'new'],
        [/^(PUT|PATCH) /, 'upload', disk, '--name', 'new'],
      ] as const) {
        from = where;
        expect(await run(...args), args[0]).not.toBe(0);
      }
      expect(plain.requests()).toEqual([]);
    });

    it('no tokens are fetched, no upload is sent', async () => {
      const target = await openLine();
      const run = await begin((request, response) => {
        request.resume();
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${target}/token",service="s"` }).end();
        return true;
      });
      expect(await run('list')).toBe(4);
      expect(plain.requests()).toEqual([]);
    });
  });
});

describe('a registry', () => {
  it('gets the next page of its tags from itself, whatever its link says', async () => {
    const cloud = await startOci({ auth: 'basic', pageLength: 2 });
    const elsewhere = await startFakeServer(() => ({ status: 200, body: { tags: [] } }));
    const bed = await makeBed({});
    for (const name of ['a', 'b', 'c', 'd', 'e']) cloud.plant({ name });
    const front = await startFront(cloud.origin, {
      rewrite: (name, value) => (name === 'link' ? value.replace('</', `<${elsewhere.origin}/`) : value),
    });
    try {
      const env = profileVariables('x', 'oci', { ...cloud.values, places: '', registry: front.host });
      const { stdout, exitCode } = await bed.home.run(['list', '-o', 'json', ...quick], { env });
      expect(exitCode).toBe(0);
      expect((JSON.parse(stdout) as unknown[]).length).toBe(5);
      expect(elsewhere.requests()).toEqual([]);
    } finally {
      for (const one of [front, cloud, elsewhere, bed]) await one.stop();
    }
  });

  it('that sends elsewhere: changes do not go there, what is read and data goes without credentials', async () => {
    const cloud = await startOci({ auth: 'basic' });
    const elsewhere = await startFakeServer(() => ({ status: 200, body: { tags: [] } }));
    const bed = await makeBed({});
    const id = cloud.plant({ name: 'web', data: diskBytes('raw', 4096, 2) });
    let moved = /./;
    const front = await startFront(cloud.origin, {
      instead: (request, response) => {
        // Basic is learned by a first refusal.
        if (!request.headers.authorization || !moved.test(`${request.method} ${request.url}`)) return false;
        request.resume();
        response.writeHead(307, { location: `${elsewhere.origin}${request.url}` }).end();
        return true;
      },
    });
    try {
      const env = profileVariables('x', 'oci', { ...cloud.values, places: '', registry: front.host });
      const run = (...args: string[]) => bed.home.run([...args, ...quick], { env });
      const disk = bed.file('disk.raw', diskBytes('raw', 4096));
      const out = `${bed.home.folder}/out.raw`;
      await run('list');
      for (const args of [
        ['show', id],
        ['delete', id, '--yes'],
        ['upload', disk, '--name', 'new'],
        ['download', id, out],
      ])
        expect((await run(...args)).exitCode, args[0]).not.toBe(0);
      expect(elsewhere.requests().length).toBeGreaterThan(0);
      expect(elsewhere.requests().filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
      moved = /^GET .*\/blobs\//;
      await run('download', id, out);
      moved = /^$/;
      cloud.switches.locationOrigin = elsewhere.origin;
      await run('upload', disk, '--name', 'new');
      // What was asked for there, sent there, and, since the answer was none of a registry's, called off there.
      const methods = new Set(elsewhere.requests().map(({ method }) => method));
      methods.delete('HEAD');
      expect(methods).toEqual(new Set(['GET', 'PUT', 'DELETE']));
      for (const { headers } of elsewhere.requests())
        expect(Object.keys(headers).filter((name) => credentials.test(name))).toEqual([]);
    } finally {
      for (const one of [front, cloud, elsewhere, bed]) await one.stop();
    }
  });
});
