import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { integrityError } from '../../../src/core/errors.ts';
import type { Signatures } from '../../../src/core/signature.ts';
import type { Cache, Tools } from '../../../src/core/tools.ts';
import driver from '../../../src/drivers/checksums/index.ts';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { gather } from '../../support/content.ts';
import { startFakeServer, type FakeServer } from '../../support/fake-server.ts';
import { openSession } from '../../support/open-session.ts';

const hash = (text: string, algorithm = 'sha256'): string => createHash(algorithm).update(text).digest('hex');
const gnu = (...names: readonly string[]): string => names.map((name) => `${hash(name)}  ${name}\n`).join('');
type Texts = Readonly<Record<string, string>>;

let server: FakeServer;
afterEach(() => server.stop());

/** A server with these files; a number is a status. Each file but those named has its own name in it. */
async function published(files: Readonly<Record<string, string | number>>): Promise<void> {
  server = await startFakeServer(({ method, url, headers }) => {
    if (method !== 'GET') return { status: 405 };
    const body = files[decodeURIComponent(url.pathname)] ?? 404;
    if (typeof body === 'number') return { status: body, body: 'no' };
    const etag = `"${hash(body).slice(0, 8)}"`;
    return headers['if-none-match'] === etag ? { status: 304 } : { status: 200, headers: { etag }, body };
  });
}

const open = (values: Texts, more: Partial<Tools> = {}) => {
  const at = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, text.replaceAll('HOST', server.origin)]));
  return openSession(driver, { url: `${server.origin}/`, sums: 'SHA256SUMS', ...at }, more).session;
};
const show = async (id: string, values: Texts = {}, more: Partial<Tools> = {}) =>
  open(values, more).require('show').run({ id }, testCall());
const list = async (values: Texts = {}, request: object = {}, more: Partial<Tools> = {}) =>
  allOf(
    open(values, more)
      .require('list')
      .run({ ...everything, ...request }, testCall()),
  );
const ids = async (...given: Parameters<typeof list>) => (await list(...given)).map(({ id }) => id);
const download = (id: string, values: Texts = {}, more: Partial<Tools> = {}) =>
  open(values, more).require('download').run({ id }, testCall());
const paths = (): readonly string[] => server.requests().map(({ path }) => path);

/** Judges as an account does that wants signatures: what begins with SIGNED is, and what a signature of ÿ lies beside. */
const signatures: Signatures = {
  assurance: 'signature',
  async clearSigned(document, name) {
    const text = Buffer.from(document).toString();
    if (!text.includes('GOOD')) throw integrityError(`${name} has a bad signature`);
    return { text: text.replace(/^.*?\n\n/s, '').replace(/-----BEGIN PGP SIGNATURE.*/s, ''), signer: { fingerprint: 'ABCD' } };
  },
  async detached(_data, signature, name) {
    if (Buffer.from(signature).toString() !== 'GOOD') throw integrityError(`${name} has a bad signature`);
    return { fingerprint: 'ABCD' };
  },
  check: () => Promise.reject(new Error('nobody asks')),
};
const clearSigned = (text: string, verdict = 'GOOD'): string =>
  `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text}-----BEGIN PGP SIGNATURE-----\n\n${verdict}\n-----END PGP SIGNATURE-----\n`;

const rolling = {
  url: 'HOST/{release}/{arch}/',
  releases: '10+newest@2035-05-31,9',
  arches: 'amd64=x86_64,arm64=aarch64',
  pattern: String.raw`Os-\d+-(?<variant>\w+)-(?<version>[\d.]+)-(?<serial>\d{8}\.\d+)\.(?<arch>\w+)`,
  variants: 'Cloud',
  os: 'someos',
  properties: 'hw_rng_model=virtio',
};
const builds = (release: string, arch: string): string =>
  gnu(
    ...['Cloud', 'Metal'].flatMap((variant) =>
      ['20261005.0', '20261116.0'].map((day) => `Os-${release}-${variant}-${release}.1-${day}.${arch}.qcow2`),
    ),
    `Os-${release}-Cloud-${release}.1-20261116.0.${arch}.raw.xz`,
    `Os-${release}-Cloud-${release}.1-20261116.0.${arch}.tar.xz`,
  );
const rollingFiles: Texts = Object.fromEntries(
  ['10', '9'].flatMap((release) =>
    ['x86_64', 'aarch64'].map((arch) => [`/${release}/${arch}/SHA256SUMS`, builds(release, arch)] as const),
  ),
);

describe('what is listed', () => {
  it('is the newest serial of each release and variant for the usual architecture, or everything', async () => {
    await published(rollingFiles);
    expect(await ids(rolling)).toEqual([
      '10/x86_64/20261116.0/Os-10-Cloud-10.1-20261116.0.x86_64.qcow2',
      '10/x86_64/20261116.0/Os-10-Metal-10.1-20261116.0.x86_64.qcow2',
      '9/x86_64/20261116.0/Os-9-Cloud-9.1-20261116.0.x86_64.qcow2',
      '9/x86_64/20261116.0/Os-9-Metal-9.1-20261116.0.x86_64.qcow2',
    ]);
    expect(paths()).toEqual(['/10/x86_64/SHA256SUMS', '/9/x86_64/SHA256SUMS']);
    const all = await list(rolling, { scope: 'all' });
    expect(all).toHaveLength(20);
    expect(new Set(all.map(({ name }) => name)).size).toBe(20);
    expect(await ids(rolling, { own: { release: '9', arch: 'arm64', variant: 'Metal', serial: '20261005.0' } })).toEqual([
      '9/aarch64/20261005.0/Os-9-Metal-9.1-20261005.0.aarch64.qcow2',
    ]);
  });

  it('says what others look for', async () => {
    await published(rollingFiles);
    const [first] = await list(rolling);
    expect(first).toMatchObject({
      name: 'Os-10-Cloud-10.1-20261116.0.x86_64',
      architecture: 'x86_64',
      diskFormat: 'qcow2',
      createdAt: '2026-11-16T00:00:00Z',
      expiresAt: '2035-05-31T00:00:00Z',
      checksums: { sha256: hash('Os-10-Cloud-10.1-20261116.0.x86_64.qcow2') },
      properties: {
        os_distro: 'someos',
        os_version: '10.1',
        os_type: 'linux',
        variant: 'Cloud',
        hw_rng_model: 'virtio',
        'imgctl.source.serial': '20261116.0',
        'imgctl.source.url': `${server.origin}/10/x86_64/Os-10-Cloud-10.1-20261116.0.x86_64.qcow2`,
      },
    });
  });

  it('is disks alone, with the length that a comment gives', async () => {
    const files = ['a.qcow2', 'a.qcow2.bak', 'a.json', 'a-root.tar.xz', 'a.iso', 'a.vhd.zip', 'dir/b.qcow2', '../c.qcow2'];
    await published({ '/SHA256SUMS': `# a.qcow2: 4096 bytes\n${gnu(...files)}not a line\n\\${hash('x')}  d\\n.qcow2\n` });
    expect((await list({}, { scope: 'all' })).map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([['a', 4096]]);
  });

  it('is told of a release that is not there, and fails where nothing is', async () => {
    await published({ ...rollingFiles, '/9/x86_64/SHA256SUMS': 404 });
    const call = testCall();
    const images = await allOf(open(rolling).require('list').run(everything, call));
    expect(images).toHaveLength(2);
    expect(call.notes).toMatchObject([{ kind: 'warning', message: expect.stringContaining('/9/x86_64/SHA256SUMS') as string }]);
    await failureOf(list({ sums: 'OTHER' }), 'NOT_FOUND');
  });

  it('is what is there, of several names that one release or another has', async () => {
    await published({ '/one.qcow2.sha256': `${hash('one')}\n` });
    const values = { sums: '*.sha256,*.sha512', files: 'one.qcow2,two.qcow2' };
    expect((await list(values)).map(({ name }) => name)).toEqual(['one']);
    await failureOf(list({ ...values, files: 'two.qcow2,three.qcow2' }), 'NOT_FOUND');
  });

  it('is told in part, where a release cannot be read', async () => {
    await published({ ...rollingFiles, '/9/x86_64/SHA256SUMS': 501 });
    await failureOf(list(rolling), 'PARTIAL');
  });
});

describe('a name', () => {
  const asRolling: Texts = rolling;
  it.each([
    ['10', '10/x86_64/20261116.0/Os-10-Cloud-10.1-20261116.0.x86_64.qcow2', 1],
    ['newest', '10/x86_64/20261116.0/Os-10-Cloud-10.1-20261116.0.x86_64.qcow2', 1],
    ['9/arm64', '9/aarch64/20261116.0/Os-9-Cloud-9.1-20261116.0.aarch64.qcow2', 1],
    ['9/Metal', '9/x86_64/20261116.0/Os-9-Metal-9.1-20261116.0.x86_64.qcow2', 1],
    ['9/20261005.0', '9/x86_64/20261005.0/Os-9-Cloud-9.1-20261005.0.x86_64.qcow2', 1],
    ['9/arm64/20261005.0', '9/aarch64/20261005.0/Os-9-Cloud-9.1-20261005.0.aarch64.qcow2', 1],
    ['9/Metal/arm64/20261005.0', '9/aarch64/20261005.0/Os-9-Metal-9.1-20261005.0.aarch64.qcow2', 1],
    ['Os-9-Cloud-9.1-20261116.0.x86_64.raw.xz', '9/x86_64/20261116.0/Os-9-Cloud-9.1-20261116.0.x86_64.raw.xz', 2],
    ['Os-9-Metal-9.1-20261005.0.aarch64', '9/aarch64/20261005.0/Os-9-Metal-9.1-20261005.0.aarch64.qcow2', 4],
  ])('%s means %s, and is found in few requests', async (name, id, requests) => {
    await published(rollingFiles);
    expect((await show(name, asRolling)).id).toBe(id);
    expect(paths()).toHaveLength(requests);
    expect((await show(id, asRolling)).id).toBe(id);
  });

  it('of several variants is refused where none is the usual one, and one that is not there names those that are near', async () => {
    await published(rollingFiles);
    const { variants: _none, ...undecided } = rolling;
    const error = await failureOf(show('9', undecided), 'CONFLICT');
    expect(error.message).toContain('Os-9-Metal');
    expect((await failureOf(show('newer', rolling), 'NOT_FOUND')).circumstances.hint).toContain('newest');
  });

  it('that means another file tomorrow is the dated file with the same content', async () => {
    const [dated, latest] = ['Os-9-20261116.0.x86_64.qcow2', 'Os-9-latest.x86_64.qcow2'];
    await published({ '/SHA256SUMS': `${gnu(dated)}${hash(dated)}  ${latest}\n` });
    const id = `x86_64/20261116.0/${dated}`;
    expect(await ids({}, { scope: 'all' })).toEqual([id]);
    expect((await show(latest)).id).toBe(id);
    expect((await show('Os-9-latest.x86_64')).id).toBe(id);
  });

  it('without a serial is another image as soon as its content is another', async () => {
    await published({ '/SHA256SUMS': `${hash('one')}  web.qcow2\n` });
    const id = `${hash('one').slice(0, 12)}/web.qcow2`;
    expect((await show('web')).id).toBe(id);
    await server.stop();
    await published({ '/SHA256SUMS': `${hash('two')}  web.qcow2\n` });
    await failureOf(show(id), 'NOT_FOUND');
  });
});

describe('digests', () => {
  it.each([
    ['a line in each of several algorithms', `${hash('x', 'md5')}  a.qcow2\n${hash('x', 'sha512')}  a.qcow2\n`, 'sha512'],
    ['a BSD line', `SHA256 (a.qcow2) = ${hash('x').toUpperCase()}\r\n`, 'sha256'],
    ['a line with the algorithm in front', `sha256: ${hash('x')} a.qcow2\n`, 'sha256'],
    ['a binary line of a file here', `${hash('x')} *./a.qcow2\n`, 'sha256'],
  ])('are taken of %s', async (_what, text, algorithm) => {
    await published({ '/SHA256SUMS': text });
    expect((await download('a')).digests).toEqual({ [algorithm]: hash('x', algorithm) });
  });

  it.each([
    ['md5 alone', `${hash('x', 'md5')}  a.qcow2\n`],
    ['a contradiction', `${hash('x')}  a.qcow2\n${hash('y')}  a.qcow2\n`],
  ])('that cannot be relied on are refused: %s', async (_what, text) => {
    await published({ '/SHA256SUMS': text });
    expect(await list({})).toHaveLength(1);
    await failureOf(download('a'), 'INTEGRITY');
  });

  it.each([
    ['alone', `${hash('x')}\n`, 'a.qcow2'],
    ['of its name', `${hash('x')} a.qcow2\n`, 'a.qcow2'],
    ['of the name that it was built under', `${hash('x')}  a-Build1.qcow2\n`, 'a-Build1.qcow2'],
  ])('may lie in a file of their own: %s', async (_what, text, file) => {
    await published({ '/a.qcow2.sha256': text, [`/${file}`]: 'x' });
    const values = { sums: '*.sha256', files: 'a.qcow2' };
    const { open: read, digests } = await download('a.qcow2', values);
    expect((await gather(read())).toString()).toBe('x');
    expect(digests).toEqual({ sha256: hash('x') });
  });

  it('of Debian lead from the newest to the dated file, which stays', async () => {
    const build = { ref: 'trixie/20261115-1/os-13-cloud-amd64-20261115-1.qcow2' };
    const base64 = Buffer.from(hash('x', 'sha512'), 'hex').toString('base64').replace(/=+$/, '');
    const item = {
      kind: 'Upload',
      data: build,
      metadata: {
        labels: { 'cloud.debian.org/version': '20261115-1' },
        annotations: { 'cloud.debian.org/digest': `sha512:${base64}` },
      },
    };
    await published({
      '/trixie/latest/os-13-cloud-amd64.json': JSON.stringify({ items: [item, { kind: 'Build' }] }),
      [`/${build.ref}`]: 'x',
    });
    const values = { sums: '{release}/latest/os-{version}-cloud-{arch}.json', releases: 'trixie=13', arches: 'amd64' };
    expect((await show('13', values)).id).toBe('trixie/x86_64/20261115-1/os-13-cloud-amd64-20261115-1.qcow2');
    const { open: read } = await download('os-13-cloud-amd64', values);
    expect((await gather(read())).toString()).toBe('x');
  });
});

describe('the current version', () => {
  const values = { url: 'HOST/{arch}/{serial}/', sums: '*.sha256', files: 'disk.img.bz2', arches: 'amd64,arm64' };
  it.each([
    ['variables', 'A_BUILD=1\nA_VERSION=4459.2.1\nA_VERSION_ID=9\nA_SDK_VERSION=8\n', '4459.2.1'],
    ['a list of versions', '["v1.9.3","v1.10.0","v1.11.0-beta.0"]', 'v1.10.0'],
    ['a word', '12.5\n', '12.5'],
  ])('is told by %s, and is in the address, the id and the name', async (_what, text, version) => {
    await published({ '/amd64/now': text, [`/amd64/${version}/disk.img.bz2.sha256`]: `${hash('x')}\n` });
    const [image] = await list({ ...values, current: 'HOST/{arch}/now' });
    expect(image).toMatchObject({ id: `x86_64/${version}/disk.img.bz2`, name: `disk-${version}-amd64` });
    expect(image?.properties['imgctl.source.url']).toBe(`${server.origin}/amd64/${version}/disk.img.bz2`);
  });

  it('may be told by a path from there', async () => {
    await published({ '/amd64/now': '12.5', '/now': '12.4', '/amd64/12.5/disk.img.bz2.sha256': `${hash('x')}\n` });
    expect(await list({ ...values, current: '../now' })).toMatchObject([{ id: 'x86_64/12.5/disk.img.bz2' }]);
    await failureOf(list({ ...values, current: '/now' }), 'NOT_FOUND');
    await failureOf(list({ ...values, current: 'now' }), 'CONFIG');
  });

  it.each(['../x', '<html>sign in</html>', '[]', ''])('that is none is refused: %j', async (text) => {
    await published({ '/amd64/now': text });
    await failureOf(list({ ...values, current: 'HOST/{arch}/now' }), 'PROVIDER');
  });
});

describe('what is signed', () => {
  const cache = (): Cache => {
    const kept = new Map<string, Uint8Array>();
    return {
      get: async (key) => kept.get(key)?.toString(),
      put: async (key, text) => void kept.set(key, Buffer.from(text)),
      getBytes: async (key) => kept.get(key),
      putBytes: async (key, parts) => void kept.set(key, Buffer.concat(parts)),
    };
  };

  it.each([
    ['in itself', { '/SHA256SUMS': `${hash('x')}  before.qcow2\n${clearSigned(gnu('a.qcow2'))}` }],
    ['by .asc', { '/SHA256SUMS': gnu('a.qcow2'), '/SHA256SUMS.asc': 'GOOD' }],
    ['by .gpg', { '/SHA256SUMS': gnu('a.qcow2'), '/SHA256SUMS.gpg': 'GOOD' }],
    ['by .sig', { '/SHA256SUMS': gnu('a.qcow2'), '/SHA256SUMS.sig': 'GOOD' }],
    ['by .sign', { '/SHA256SUMS': gnu('a.qcow2'), '/SHA256SUMS.sign': 'GOOD' }],
    ['by a second text, which alone is read', { '/SHA256SUMS': gnu('b.qcow2'), '/SHA256SUMS.asc': clearSigned(gnu('a.qcow2')) }],
  ])('%s is read, and who has signed it is kept', async (_how, files) => {
    await published(files);
    const images = await list({}, { scope: 'all' }, { signatures });
    expect(images.map(({ name, properties }) => [name, properties['imgctl.source.signer']])).toEqual([['a', 'ABCD']]);
  });

  it.each([
    ['not at all', { '/SHA256SUMS': gnu('a.qcow2') }, 'INTEGRITY'],
    ['badly', { '/SHA256SUMS': gnu('a.qcow2'), '/SHA256SUMS.asc': 'BAD' }, 'INTEGRITY'],
    ['badly in itself', { '/SHA256SUMS': clearSigned(gnu('a.qcow2'), 'BAD') }, 'INTEGRITY'],
    ['nobody knows how', { '/SHA256SUMS': gnu('a.qcow2'), '/SHA256SUMS.asc': 403 }, 'AUTH'],
    ['by a page', { '/SHA256SUMS': '<html>sign in</html>' }, 'PROVIDER'],
  ] as const)('%s is not read', async (_how, files, code) => {
    await published(files);
    await failureOf(list({}, {}, { signatures }), code);
  });

  it('is judged again and not fetched again where nothing is new', async () => {
    await published({ '/SHA256SUMS': gnu('a.qcow2'), '/SHA256SUMS.gpg': 'GOOD' });
    const tools = { signatures, cache: cache() };
    const before = await ids({}, {}, tools);
    server.forget();
    expect(await ids({}, {}, tools)).toEqual(before);
    expect(paths()).toEqual(['/SHA256SUMS']);
    expect(server.requests()[0]?.headers).toHaveProperty('if-none-match');
    const stricter = { ...signatures, detached: () => Promise.reject(integrityError('revoked')) };
    await failureOf(ids({}, {}, { ...tools, signatures: stricter }), 'INTEGRITY');
  });
});

describe('fields that do not fit together', () => {
  it.each([
    [{ url: 'HOST/{release}/' }, 'releases is not set'],
    [{ url: 'HOST/{arch}/' }, 'arches is not set'],
    [{ url: 'HOST/{serial}/' }, 'current is not set'],
    [{ url: 'HOST/{realease}/' }, 'unknown placeholder'],
    [{ sums: '*.sha256' }, 'which files'],
    [{ pattern: '(' }, 'pattern'],
    [{ pattern: '(?<seriall>x)' }, 'unknown group'],
    [{ releases: 'a b' }, 'no release'],
    [{ arches: 'a=' }, 'no architecture'],
    [{ properties: 'x' }, 'no NAME=VALUE'],
    [{ url: 'http://publisher.invalid/' }, 'nothing vouches'],
  ])('%j', async (values, message) => {
    await published({});
    const error = await failureOf(
      Promise.resolve().then(() => open(values as Texts)),
      'CONFIG',
    );
    expect(error.message).toContain(message);
  });
});

describe('data', () => {
  it('that nothing vouches for is had where the server alone is trusted', async () => {
    await published({ '/a.raw': 'x' });
    const values = { sums: '', files: 'a.raw' };
    await failureOf(download('a', values), 'INTEGRITY');
    const nothing: Signatures = { ...signatures, assurance: 'nothing' };
    expect((await gather((await download('a', values, { signatures: nothing })).open())).toString()).toBe('x');
  });

  it('that is named and not there tells of the serial before', async () => {
    await published(rollingFiles);
    const { open: read } = await download('9', rolling);
    const error = await failureOf(gather(read()), 'NOT_FOUND');
    expect(error.circumstances.hint).toContain('9/x86_64/20261005.0/Os-9-Cloud-9.1-20261005.0.x86_64.qcow2');
  });

  it('may lie at another server', async () => {
    await published({ '/SHA256SUMS': `${hash('x')}  a.qcow2\n`, '/m/a.qcow2': 'x' });
    const { open: read } = await download('a', { mirror: 'HOST/m/' });
    expect((await gather(read())).toString()).toBe('x');
  });
});
