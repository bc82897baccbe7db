import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { integrityError } from '../../../src/core/errors.ts';
import type { Signatures } from '../../../src/core/signature.ts';
import type { Cache, Tools } from '../../../src/core/tools.ts';
import driver from '../../../src/drivers/simplestreams/index.ts';
import { startFakeServer, type FakeAnswer, type FakeServer } from '../../support/fake-server.ts';
import { gather } from '../../support/content.ts';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { openSession } from '../../support/open-session.ts';
import { withoutInvalidHosts } from '../../support/no-such-host.ts';

const data = Buffer.from('the disk');
const sha256 = createHash('sha256').update(data).digest('hex');
type Json = Readonly<Record<string, unknown>>;
const item = (more: Json = {}): Json => ({ ftype: 'disk1.img', path: 'server/disk.img', size: data.length, sha256, ...more });
const version = (more: Json = {}, ...kinds: readonly string[]): Json => ({
  items: Object.fromEntries(['disk1.img', ...kinds].map((ftype) => [ftype, item({ ftype, ...more })])),
});
const noble = (arch: string, more: Json = {}): Json => ({
  aliases: '24.04,noble,lts',
  arch,
  os: 'Ubuntu',
  version: '24.04',
  supported: true,
  support_eol: '2029-05-31',
  versions: { '20261101': version(), '20261120': version({}, 'vmdk', 'manifest') },
  ...more,
});
const usual: Json = {
  'c:24.04:amd64': noble('amd64'),
  'c:24.04:arm64': noble('arm64'),
  'c:23.10:amd64': noble('amd64', { aliases: '23.10', version: '23.10', supported: false }),
};
const date = (day: number): string => `${day} Nov 2026 00:00:00 +0000`;

let server: FakeServer;
afterEach(() => server.stop());
withoutInvalidHosts();

/** A server with these products; `more`: answers that come instead of its own, by path. */
async function published(products: Json, more: Readonly<Record<string, FakeAnswer>> = {}, top: Json = {}): Promise<void> {
  const index = { format: 'index:1.0', updated: date(20), index: { c: entry('image-downloads'), aws: entry('image-ids') } };
  const files: Readonly<Record<string, unknown>> = {
    '/streams/v1/index.json': index,
    '/streams/v1/c.json': { format: 'products:1.0', content_id: 'c', updated: date(20), ...top, products },
    '/server/disk.img': data,
  };
  server = await startFakeServer(({ method, url, headers }) => {
    if (method !== 'GET') return { status: 405 };
    const given = more[url.pathname];
    const body = files[url.pathname];
    if (given || body === undefined) return given ?? { status: 404, body: 'not found' };
    const text = Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 8)}"`;
    return headers['if-none-match'] === etag ? { status: 304 } : { status: 200, headers: { etag }, body: text };
  });
}
const entry = (datatype: string): Json => ({ format: 'products:1.0', datatype, path: 'streams/v1/c.json', updated: date(20) });

const open = (more: Partial<Tools> = {}, values: Readonly<Record<string, string>> = {}) =>
  openSession(driver, { url: server.origin, ...values }, more).session;
const show = async (id: string, values = {}) => open({}, values).require('show').run({ id }, testCall());
const ids = async (request: object, more: Partial<Tools> = {}) =>
  (
    await allOf(
      open(more)
        .require('list')
        .run({ ...everything, ...request }, testCall()),
    )
  ).map(({ id }) => id);
const paths = (): readonly string[] => server.requests().map(({ path }) => path);

/** Judges as an account does that wants signatures: what begins with SIGNED is. */
const signatures: Signatures = {
  assurance: 'signature',
  async clearSigned(document, name) {
    const text = Buffer.from(document).toString();
    if (!text.startsWith('SIGNED')) throw integrityError(`${name} is not signed`);
    return { text: text.slice('SIGNED'.length), signer: { fingerprint: 'ABCD' } };
  },
  async detached(_data, signature, name) {
    if (signature[0] !== 0xff) throw integrityError(`${name} has a bad signature`);
    return { fingerprint: 'ABCD' };
  },
  check: () => Promise.reject(new Error('nobody asks')),
};

describe('what is listed', () => {
  it('is the usual disk of the newest version of what is supported, or everything', async () => {
    await published(usual);
    expect(await ids({ scope: 'mine' })).toEqual(['c:24.04:amd64/20261120/disk1.img']);
    expect(paths()).toEqual(['/streams/v1/index.json', '/streams/v1/c.json']);
    expect(await ids({ scope: 'all' })).toHaveLength(9);
    expect(await ids({ scope: 'mine', own: { serial: '20261101' } })).toEqual(['c:24.04:amd64/20261101/disk1.img']);
    expect(await ids({ scope: 'mine', own: { arch: 'arm64' } })).toEqual(['c:24.04:arm64/20261120/disk1.img']);
  });

  it('has a name of its own for every disk, and says what others look for', async () => {
    await published(usual);
    const all = await allOf(
      open()
        .require('list')
        .run({ ...everything, scope: 'all' }, testCall()),
    );
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    const [first] = all;
    expect(first).toMatchObject({
      architecture: 'x86_64',
      createdAt: '2026-11-20T00:00:00Z',
      expiresAt: '2029-05-31T00:00:00Z',
      checksums: { sha256 },
      properties: {
        os_distro: 'ubuntu',
        os_version: '24.04',
        os_type: 'linux',
        version_name: '20261120',
        source_content_id: 'c',
      },
    });
    expect(first?.properties['imgctl.source.digest']).toBe(`sha256:${sha256}`);
  });

  it.each(['../x', '%2e%2e/x', '/x', '//h/x', 'http://h/x', 'a\\b', 'a//b', 'a/./b', '', 'a\u0000b', 'a/%2e./b'])(
    'leaves out the path %j',
    async (path) => {
      await published({ 'c:bad:amd64': noble('amd64', { versions: { '20261120': version({ path }) } }), ...usual });
      expect((await ids({ scope: 'all' })).filter((id) => id.startsWith('c:bad'))).toEqual([]);
    },
  );

  it('knows attributes of any level, and what an alias of the document stands for', async () => {
    const bare = { items: { 'disk1.img': { path: 'p', alias: 'a' } } };
    const top = { ftype: 'vmdk', arch: 'arm64', _aliases: { alias: { a: { ftype: 'disk1.img', path: 'server/disk.img' } } } };
    await published({ p: { sha256, versions: { '20261120': bare } } }, {}, top);
    const image = await show('p/20261120/disk1.img');
    expect(image).toMatchObject({ architecture: 'aarch64', checksums: { sha256 } });
    expect(image.properties['imgctl.source.url']).toBe(`${server.origin}/server/disk.img`);
  });
});

describe('a name', () => {
  it.each([
    ['noble', 'c:24.04:amd64/20261120/disk1.img'],
    ['24.04/arm64', 'c:24.04:arm64/20261120/disk1.img'],
    ['lts/20261101', 'c:24.04:amd64/20261101/disk1.img'],
    ['24.04/arm64/20261101', 'c:24.04:arm64/20261101/disk1.img'],
  ])('%s means %s', async (name, id) => {
    await published(usual);
    expect((await show(name)).id).toBe(id);
  });

  it('means the newest serial in the order of bytes', async () => {
    const serials = ['20261120', '20261120.10', '20261120.2', '20261120_07:42', '20261120.1'];
    await published({ p: noble('amd64', { versions: Object.fromEntries(serials.map((serial) => [serial, version()])) }) });
    expect((await show('noble')).id).toBe('p/20261120_07:42/disk1.img');
  });

  it('of two products is refused, and one that is not there names those that are near', async () => {
    await published({ ...usual, other: noble('amd64') });
    await failureOf(show('noble'), 'CONFLICT');
    const error = await failureOf(show('nobel'), 'NOT_FOUND');
    expect(error.circumstances.hint).toContain('noble');
  });
});

describe('documents', () => {
  const cache = () => {
    const kept = new Map<string, Buffer>();
    const cache: Cache = {
      get: async (key) => kept.get(key)?.toString(),
      put: async (key, text) => void kept.set(key, Buffer.from(text)),
      getBytes: async (key) => kept.get(key),
      putBytes: async (key, parts) => void kept.set(key, Buffer.concat(parts)),
    };
    return cache;
  };

  it('are asked for by one conditional request where nothing is new', async () => {
    await published(usual);
    const tools = { cache: cache() };
    const before = await ids({ scope: 'all' }, tools);
    server.forget();
    expect(await ids({ scope: 'all' }, tools)).toEqual(before);
    expect(server.requests().map(({ path, headers }) => [path, 'if-none-match' in headers])).toEqual([
      ['/streams/v1/index.json', true],
    ]);
  });

  it.each([
    ['<html>sign in</html>', 'PROVIDER'],
    ['{"format":"index:2.0"}', 'PROVIDER'],
    ['[]', 'PROVIDER'],
  ] as const)('such as %s are none', async (body, code) => {
    await published(usual, { '/streams/v1/index.json': { status: 200, body } });
    await failureOf(show('noble'), code);
  });

  it('that nothing vouches for come from the server of the profile alone', async () => {
    await published(usual, { '/streams/v1/index.json': { status: 302, headers: { location: 'https://elsewhere.invalid/' } } });
    await failureOf(show('noble'), 'NETWORK');
    await failureOf(
      Promise.resolve().then(() => open({}, { url: 'http://publisher.invalid/' })),
      'CONFIG',
    );
  });

  it('must be signed where a signature is due', async () => {
    await published(usual, { '/streams/v1/index.sjson': { status: 200, body: '{"format":"index:1.0"}' } });
    await failureOf(ids({}, { signatures }), 'INTEGRITY');
    expect(paths()).toEqual(['/streams/v1/index.sjson']);
  });

  it('are not read unsigned because the signed ones are refused', async () => {
    await published(usual, { '/streams/v1/index.sjson': { status: 403 } });
    await failureOf(ids({}, { signatures }), 'AUTH');
    expect(paths()).toEqual(['/streams/v1/index.sjson']);
  });

  it('may have their signature beside them, and are not read without', async () => {
    await published(usual);
    await failureOf(ids({}, { signatures }), 'INTEGRITY');
    await server.stop();
    const signature = { status: 200, body: Buffer.from([0xff, 0xfe]) };
    await published(usual, { '/streams/v1/index.json.gpg': signature, '/streams/v1/c.json.gpg': signature });
    expect(await ids({ scope: 'mine' }, { signatures })).toEqual(['c:24.04:amd64/20261120/disk1.img']);
  });
});

describe('data', () => {
  const download = (id: string) => open({}, { username: 'u', password: 'p' }).require('download').run({ id }, testCall());

  it('that is listed and not there names the serial before', async () => {
    await published(usual, { '/server/disk.img': { status: 404, body: 'no' } });
    const { open: read } = await download('c:24.04:amd64/20261120/disk1.img');
    const error = await failureOf(gather(read()), 'NOT_FOUND');
    expect(error.circumstances.hint).toContain('c:24.04:amd64/20261101/disk1.img');
  });

  it('may lie elsewhere, where credentials do not go', async () => {
    const other = await startFakeServer(({ headers }) => ({ status: headers.authorization ? 400 : 200, body: data }));
    await published(usual, { '/server/disk.img': { status: 302, headers: { location: `${other.origin}/d` } } });
    const { open: read, digests } = await download('noble');
    expect(await gather(read(4, 6))).toEqual(data.subarray(4, 7));
    expect(digests).toEqual({ sha256 });
    await other.stop();
  });

  it('without a digest that can be relied on is refused', async () => {
    await published({ p: noble('amd64', { versions: { '20261120': version({ sha256: 'x', md5: 'a'.repeat(32) }) } }) });
    await failureOf(download('noble'), 'INTEGRITY');
  });
});
