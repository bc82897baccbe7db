import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Assurance, Signatures } from '../../../src/core/signature.ts';
import type { Tools } from '../../../src/core/tools.ts';
import driver from '../../../src/drivers/coreos-stream/index.ts';
import { allOf, everything, failureOf, testCall } from '../../conformance/stage.ts';
import { gather } from '../../support/content.ts';
import { startFakeServer, type FakeAnswer, type FakeServer } from '../../support/fake-server.ts';
import { openSession } from '../../support/open-session.ts';
import { withoutInvalidHosts } from '../../support/no-such-host.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
type Json = Readonly<Record<string, unknown>>;
const release = '44.20261108.3.0';

let server: FakeServer;
afterEach(() => server.stop());
withoutInvalidHosts();

/** A disk of the stream; `HOST` is the server. */
const disk = (platform: string, arch: string, format: string, more: Json = {}): Json => ({
  location: `HOST/b/os-${release}-${platform}.${arch}.${format}`,
  signature: `HOST/b/os-${release}-${platform}.${arch}.${format}.sig`,
  sha256: hash('packed'),
  'uncompressed-sha256': hash('disk'),
  ...more,
});
const platform = (name: string, arch: string, formats: readonly string[], more: Json = {}): Json => ({
  release,
  formats: Object.fromEntries(formats.map((format) => [format, { disk: disk(name, arch, format, more) }])),
});
const architecture = (arch: string, more: Json = {}): Json => ({
  artifacts: {
    openstack: platform('openstack', arch, ['qcow2.xz'], more),
    qemu: platform('qemu', arch, ['qcow2.xz']),
    metal: {
      release,
      formats: {
        'raw.xz': { disk: disk('metal', arch, 'raw.xz') },
        '4k.raw.xz': { disk: disk('metal', arch, '4k.raw.xz') },
        iso: { disk: disk('metal', arch, 'iso') },
        pxe: { kernel: disk('metal', arch, 'pxe'), rootfs: disk('metal', arch, 'pxe') },
      },
    },
    gcp: platform('gcp', arch, ['tar.gz']),
  },
  images: { aws: { regions: { 'us-east-1': { release, image: 'ami-1' } } } },
});

/** A stream with these architectures. Each file has `packed` in it, each signature what `more` says. */
async function published(more: Json = {}, answers: Readonly<Record<string, FakeAnswer>> = {}): Promise<void> {
  const stream = { stream: 'stable', architectures: { x86_64: architecture('x86_64', more), aarch64: architecture('aarch64') } };
  server = await startFakeServer(({ method, url }) => {
    if (method !== 'GET') return { status: 405 };
    const given = answers[url.pathname];
    if (given) return given;
    if (url.pathname === '/stable.json') return { status: 200, body: JSON.stringify(stream).replaceAll('HOST', server.origin) };
    return url.pathname.endsWith('.sig') ? { status: 200, body: Buffer.from([0x88, 0xff]) } : { status: 200, body: 'packed' };
  });
}

const judging = (assurance: Assurance): Signatures => ({
  assurance,
  clearSigned: () => Promise.reject(new Error('nobody asks')),
  detached: () => Promise.reject(new Error('nobody asks')),
  check: () => Promise.reject(new Error('nobody asks')),
});
const open = (more: Partial<Tools> = {}, values: Readonly<Record<string, string>> = {}) =>
  openSession(driver, { url: `${server.origin}/stable.json`, ...values }, more).session;
const show = async (id: string, values = {}) => open({}, values).require('show').run({ id }, testCall());
const download = async (id: string, assurance: Assurance = 'checksum', call = testCall()) =>
  open({ signatures: judging(assurance) })
    .require('download')
    .run({ id }, call);
const ids = async (request: object) =>
  (
    await allOf(
      open()
        .require('list')
        .run({ ...everything, ...request }, testCall()),
    )
  ).map(({ id }) => id);

describe('what is listed', () => {
  it('is the usual disk of each platform for the usual architecture, or every disk, and nothing that is none', async () => {
    await published();
    const own = ['openstack.qcow2.xz', 'qemu.qcow2.xz', 'metal.raw.xz'].map((file) => `stable/x86_64/${release}/${file}`);
    expect(await ids({ scope: 'mine' })).toEqual(own);
    expect(await ids({ scope: 'all' })).toHaveLength(8);
    expect(await ids({ own: { arch: 'arm64', platform: 'qemu' } })).toEqual([`stable/aarch64/${release}/qemu.qcow2.xz`]);
  });

  it('says what others look for', async () => {
    await published();
    expect(await show('openstack')).toMatchObject({
      name: `os-${release}-openstack.x86_64`,
      diskFormat: 'qcow2',
      architecture: 'x86_64',
      createdAt: '2026-11-08T00:00:00Z',
      sizeBytes: undefined,
      checksums: { sha256: hash('packed') },
      properties: {
        os_distro: 'os',
        os_version: '44',
        'imgctl.source.serial': release,
        'imgctl.source.digest': `sha256:${hash('packed')}`,
        'imgctl.source.url': `${server.origin}/b/os-${release}-openstack.x86_64.qcow2.xz`,
      },
    });
  });

  it.each(['file:///etc/passwd', 'ftp://h/x.img', 'x.img', 'https://user:password@h/x.img', 7])(
    'leaves out what lies at %j, with a warning',
    async (location) => {
      await published({ location });
      const call = testCall();
      const images = await allOf(open().require('list').run(everything, call));
      expect(images.map(({ id }) => id)).not.toContain(`stable/x86_64/${release}/openstack.qcow2.xz`);
      expect(call.notes).toMatchObject([{ kind: 'warning' }]);
    },
  );
});

describe('a name', () => {
  it.each([
    ['openstack', 'x86_64', 'openstack.qcow2.xz'],
    ['stable', 'x86_64', 'openstack.qcow2.xz'],
    ['qemu/arm64', 'aarch64', 'qemu.qcow2.xz'],
    [`metal/${release}`, 'x86_64', 'metal.raw.xz'],
    [`stable/aarch64/${release}`, 'aarch64', 'openstack.qcow2.xz'],
    [`os-${release}-metal.x86_64.4k`, 'x86_64', 'metal.4k.raw.xz'],
  ])('%s means %s %s', async (name, arch, file) => {
    await published();
    expect((await show(name)).id).toBe(`stable/${arch}/${release}/${file}`);
  });

  it('of the stream means the platform that the profile prefers', async () => {
    await published();
    expect((await show('stable', { platforms: 'nutanix,qemu' })).id).toContain('/qemu.');
    expect((await failureOf(show('opensack'), 'NOT_FOUND')).circumstances.hint).toContain('openstack');
  });
});

describe('data', () => {
  it('comes with the digests of the file and of what is in it, and with its signature byte by byte', async () => {
    await published();
    const data = await download('openstack', 'signature');
    expect(data).toMatchObject({
      encoding: { format: 'qcow2', compression: 'xz' },
      digests: { sha256: hash('packed') },
      uncompressedDigests: { sha256: hash('disk') },
    });
    expect([...(data.signature ?? [])]).toEqual([0x88, 0xff]);
    expect((await gather(data.open())).toString()).toBe('packed');
  });

  it('that is not signed is refused where a signature is wanted, and had where the server is trusted', async () => {
    await published({ signature: undefined });
    await failureOf(download('openstack', 'signature'), 'INTEGRITY');
    const call = testCall();
    expect(await download('openstack', 'checksum', call)).not.toHaveProperty('signature');
    expect(call.notes).toEqual([]);
  });

  it.each([
    [404, 'INTEGRITY'],
    [403, 'AUTH'],
  ] as const)('whose signature is answered with %i is refused', async (status, code) => {
    await published({}, { [`/b/os-${release}-openstack.x86_64.qcow2.xz.sig`]: { status, body: 'no' } });
    await failureOf(download('openstack', 'signature'), code);
  });

  it('that is signed by whom nobody has named says so', async () => {
    await published();
    const call = testCall();
    expect(await download('openstack', 'checksum', call)).not.toHaveProperty('signature');
    expect(call.notes).toMatchObject([{ kind: 'warning', message: expect.stringContaining('is signed') as string }]);
  });

  it('without a digest is refused, and named and not there is not found', async () => {
    await published({ sha256: 'x' }, { [`/b/os-${release}-qemu.x86_64.qcow2.xz`]: { status: 404, body: 'no' } });
    await failureOf(download('openstack'), 'INTEGRITY');
    const { open: read } = await download('qemu');
    await failureOf(gather(read()), 'NOT_FOUND');
  });
});

describe('the stream itself', () => {
  it.each([
    ['{"stream":"stable"}', 'PROVIDER'],
    ['<html>sign in</html>', 'PROVIDER'],
    ['[]', 'PROVIDER'],
  ] as const)('is not %s', async (body, code) => {
    await published({}, { '/stable.json': { status: 200, body } });
    await failureOf(show('openstack'), code);
  });

  it('is not signed, so that it comes from the server of the profile alone, over https', async () => {
    await published({}, { '/stable.json': { status: 302, headers: { location: 'https://elsewhere.invalid/' } } });
    const tools = { signatures: judging('signature') };
    await failureOf(open(tools).require('show').run({ id: 'openstack' }, testCall()), 'NETWORK');
    await failureOf(
      Promise.resolve().then(() => open(tools, { url: 'http://publisher.invalid/stable.json' })),
      'CONFIG',
    );
  });
});
