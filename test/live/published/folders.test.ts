import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandStage, profileVariables } from '../../commands/stage.ts';
import type { Image } from '../../../src/core/image.ts';
import { missing, startPublishers, type Publishers } from './bed.ts';

type Env = Readonly<Record<string, string>>;

/** A publisher as a profile has it (`HOST` is the bed, `KEYS` its keyrings), and what a name means there. */
interface Publisher {
  readonly provider: string;
  readonly values: Env;
  /** A name, and the id that it means. */
  readonly name: string;
  readonly id: string;
  /** How many images there are, and how many of them are usually meant. */
  readonly images: readonly [all: number, usual: number];
  /** What is said of it. */
  readonly told?: Env;
}

const folder = (values: Env, name: string, id: string, images: readonly [number, number], told: Env = {}): Publisher => ({
  provider: 'checksums',
  values,
  name,
  id,
  images,
  told,
});
const schematic = '376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba';

const publishers: Readonly<Record<string, Publisher>> = {
  'Debian, by its JSON': folder(
    {
      url: 'HOST/debian/images/cloud/',
      sums: '{release}/latest/debian-{version}-genericcloud-{arch}.json,{release}/latest/debian-{version}-nocloud-{arch}.json',
      releases: 'trixie=13+stable',
      arches: 'amd64,arm64',
      pattern: String.raw`debian-\d+-(?<variant>[a-z]+)-[a-z\d]+-(?<serial>\d{8}-\d+)`,
      variants: 'genericcloud',
      os: 'debian',
    },
    'stable',
    'trixie/x86_64/20261115-2660/debian-13-genericcloud-amd64-20261115-2660.qcow2',
    [8, 2],
    { os_distro: 'debian', os_version: '13', os_type: 'linux', variant: 'genericcloud' },
  ),
  'Debian, by its checksum file': folder(
    {
      url: 'HOST/debian/images/cloud/{release}/20261115-2660/',
      sums: 'SHA512SUMS',
      releases: 'trixie=13',
      pattern: String.raw`debian-\d+-(?<variant>[a-z]+)-(?<arch>[a-z\d]+)-(?<serial>\d{8}-\d+)`,
      variants: 'genericcloud',
    },
    '13/arm64/20261115-2660',
    'trixie/aarch64/20261115-2660/debian-13-genericcloud-arm64-20261115-2660.qcow2',
    [8, 2],
  ),
  Fedora: folder(
    {
      url: 'HOST/fedora/linux/releases/{release}/Cloud/{arch}/images/',
      sums: 'Fedora-Cloud-{version}-{arch}-CHECKSUM',
      releases: '44=44-1.7',
      arches: 'x86_64',
      pattern: String.raw`Fedora-Cloud-Base-(?<variant>[\w-]+?)-(?<version>\d+)-(?<serial>[\d.]+)\.(?<arch>\w+)`,
      variants: 'Generic',
      os: 'fedora',
      keyring: 'KEYS/release.gpg',
    },
    '44',
    '44/x86_64/1.7/Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2',
    [3, 3],
    { os_version: '44', 'imgctl.source.serial': '1.7' },
  ),
  AlmaLinux: folder(
    {
      url: 'HOST/almalinux/{release}/cloud/{arch}/images/',
      sums: 'CHECKSUM',
      releases: '9',
      arches: 'x86_64',
      pattern: String.raw`AlmaLinux-\d+-(?<variant>[\w-]+?)-(?<version>[\d.]+)-(?<serial>\d{8}(?:\.\d+)?)\.(?<arch>\w+)`,
      variants: 'GenericCloud',
      os: 'almalinux',
      keyring: 'KEYS/images.gpg',
    },
    'AlmaLinux-9-GenericCloud-latest.x86_64.qcow2',
    '9/x86_64/20261101/AlmaLinux-9-GenericCloud-9.8-20261101.x86_64.qcow2',
    [2, 2],
    { os_version: '9.8' },
  ),
  Rocky: folder(
    {
      url: 'HOST/rocky/{release}/images/{arch}/',
      sums: 'CHECKSUM',
      releases: '9',
      arches: 'x86_64',
      pattern: String.raw`Rocky-\d+-(?<variant>[\w-]+?)-(?<version>[\d.]+)-(?<serial>\d{8}\.\d+)\.(?<arch>\w+)`,
    },
    '9',
    '9/x86_64/20261116.0/Rocky-9-GenericCloud-Base-9.8-20261116.0.x86_64.qcow2',
    [3, 1],
  ),
  'CentOS Stream': folder(
    {
      url: 'HOST/centos/{release}-stream/{arch}/images/',
      sums: 'CHECKSUM',
      releases: '9',
      arches: 'x86_64',
      pattern: String.raw`CentOS-Stream-(?<variant>[\w-]+?)-(?<version>\d+)-(?<serial>\d{8}\.\d+)\.(?<arch>\w+)`,
    },
    '9/20261102.0',
    '9/x86_64/20261102.0/CentOS-Stream-GenericCloud-9-20261102.0.x86_64.qcow2',
    [3, 1],
  ),
  'openSUSE Leap': folder(
    {
      url: 'HOST/opensuse/distribution/leap/{release}/appliances/',
      sums: '*.sha256',
      files: 'Leap-{release}-Minimal-VM.{arch}-Cloud.qcow2',
      releases: '16.0',
      arches: 'x86_64',
      pattern: String.raw`.*-(?<variant>Cloud)-Build(?<serial>[\d.]+)`,
      keyring: 'KEYS/suse.gpg',
    },
    'Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2',
    '16.0/x86_64/18.7/Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.7.qcow2',
    [1, 1],
  ),
  Arch: folder(
    {
      url: 'HOST/arch/images/latest/',
      sums: '*.SHA256',
      files: 'Arch-Linux-x86_64-cloudimg.qcow2',
      releases: 'latest',
      keyring: 'KEYS/release.gpg',
    },
    'latest',
    String.raw`latest/x86_64/[\da-f]{12}/Arch-Linux-x86_64-cloudimg\.qcow2`,
    [1, 1],
  ),
  Flatcar: folder(
    {
      url: 'HOST/flatcar/{arch}-usr/{serial}/',
      current: '../current/version.txt',
      sums: '*.DIGESTS',
      files: 'flatcar_production_openstack_image.img.bz2',
      releases: 'stable',
      arches: 'amd64',
      os: 'flatcar',
      keyring: 'KEYS/rotating.gpg',
    },
    'stable',
    'stable/x86_64/4459.2.1/flatcar_production_openstack_image.img.bz2',
    [1, 1],
    { 'imgctl.source.serial': '4459.2.1' },
  ),
  FreeBSD: folder(
    {
      url: 'HOST/freebsd/releases/VM-IMAGES/{release}-RELEASE/{arch}/Latest/',
      sums: 'CHECKSUM.SHA512',
      releases: '15.0',
      arches: 'amd64',
      pattern: String.raw`FreeBSD-(?<serial>[\d.]+)-RELEASE-(?:amd64|arm64-aarch64)-BASIC-CLOUDINIT-(?<variant>\w+)`,
      os: 'freebsd',
    },
    '15.0',
    '15.0/x86_64/15.0/FreeBSD-15.0-RELEASE-amd64-BASIC-CLOUDINIT-ufs.qcow2.xz',
    [2, 1],
  ),
  Alpine: folder(
    {
      url: 'HOST/alpine/v{release}/releases/cloud/',
      sums: '*.sha512',
      files: 'generic_alpine-{version}-{arch}-uefi-cloudinit-r0.qcow2',
      releases: '3.23=3.23.0',
      arches: 'x86_64',
      pattern: String.raw`generic_alpine-(?<serial>[\d.]+)-.*`,
    },
    '3.23',
    '3.23/x86_64/3.23.0/generic_alpine-3.23.0-x86_64-uefi-cloudinit-r0.qcow2',
    [1, 1],
  ),
  CirrOS: folder(
    {
      url: 'HOST/cirros/{release}/',
      sums: 'SHA256SUMS',
      releases: '0.6.3,0.6.2',
      pattern: String.raw`cirros-(?<serial>[\d.]+)-(?<arch>\w+)-disk`,
    },
    '0.6.2/arm64',
    '0.6.2/aarch64/0.6.2/cirros-0.6.2-aarch64-disk.img',
    [4, 2],
  ),
  Talos: folder(
    {
      url: `HOST/talos/image/${schematic}/{serial}/`,
      current: 'HOST/talos/versions',
      files: 'openstack-{arch}.raw.xz',
      releases: 'stable',
      arches: 'amd64',
      verify: 'none',
    },
    'stable',
    'stable/x86_64/v1.12.1/openstack-amd64.raw.xz',
    [1, 1],
  ),
  'Ubuntu, by its checksum file': folder(
    {
      url: 'HOST/ubuntu/releases/{release}/release/',
      sums: 'SHA256SUMS',
      releases: 'noble=24.04',
      pattern: String.raw`ubuntu-[\d.]+-server-cloudimg-(?<arch>\w+)`,
      keyring: 'KEYS/legacy.gpg',
    },
    'noble/arm64',
    String.raw`noble/aarch64/[\da-f]{12}/ubuntu-24\.04-server-cloudimg-arm64\.img`,
    [3, 1],
  ),
  'Fedora CoreOS': {
    provider: 'coreos-stream',
    values: { url: 'HOST/fcos/streams/stable.json', keyring: 'KEYS/release.gpg' },
    name: 'openstack',
    id: 'stable/x86_64/44.20261108.3.0/openstack.qcow2.xz',
    images: [4, 3],
    told: { os_distro: 'fedora-coreos', os_version: '44' },
  },
  'RHEL CoreOS': {
    provider: 'coreos-stream',
    values: { url: 'HOST/rhcos/stream.json' },
    name: 'qemu/x86_64',
    id: 'stable/x86_64/420.94.202610011200-0/qemu.qcow2.xz',
    images: [4, 3],
  },
};

/** Exit statuses of a list and of a copy, where a fault is in the way that all is served, and what is said. */
interface Outcome {
  readonly list?: number;
  readonly copy?: number;
  readonly says?: RegExp;
}
const refused = (code: number, says: RegExp): Outcome => ({ list: code, copy: code, says });
const fine: Outcome = {};
const faults: Readonly<Record<string, Outcome>> = {
  'redirect-other': fine,
  'redirect-meta': fine,
  'redirect-data': fine,
  'redirect-plain': refused(9, /refusing the redirect from https:\S+ to http:/),
  'redirect-loop': refused(9, /redirects more than 5 times/),
  cut: { says: /retrying/ },
  'cut-always': { copy: 9, says: /broke the connection/ },
  norange: fine,
  'no-length': fine,
  short: { copy: 11, says: /has the sha(256|512)|got \d+ bytes|\[truncated\]/ },
  long: { copy: 11, says: /has the sha(256|512)|more than the expected|\[truncated\]/ },
  wrong: { copy: 11, says: /has the sha(256|512)|\[decompress\]/ },
  changing: { copy: 11, says: /another file than it was|has the sha(256|512)/ },
  gzipped: fine,
  html: refused(10, /answered a web page/),
  'slow-start': fine,
  'no-signature': refused(11, /is not signed/),
  'old-index': fine,
};
/** A stream is signed by nobody, so that it comes from its server alone; its files are. */
const ofStreams: Readonly<Record<string, Outcome>> = {
  'redirect-other': refused(9, /nothing vouches/),
  'redirect-meta': refused(9, /nothing vouches/),
  'no-signature': { copy: 11, says: /is not signed/ },
};

const stage = commandStage();

describe.skipIf(missing !== undefined)(`folders and streams${missing === undefined ? '' : ` (SKIPPED: ${missing})`}`, () => {
  let bed: Publishers;
  beforeAll(async () => {
    bed = await startPublishers();
  });
  afterAll(() => bed.stop());

  const at = (name: string): string => bed.at[name] ?? '';
  function profile({ provider, values }: Publisher, host = at('URL'), more: Env = {}): Env {
    const written = ([field, value]: readonly [string, string]) =>
      [field, value.replaceAll('HOST', host).replaceAll('KEYS', at('KEYS'))] as const;
    return profileVariables('u', provider, Object.fromEntries(Object.entries({ ...values, ...more }).map(written)));
  }
  const run = (env: Env, ...args: readonly string[]) => stage.run([...args, '--retries', '8'], { env });
  const images = async (env: Env, ...more: readonly string[]): Promise<readonly Image[]> =>
    (await stage.ok(['list', '-p', 'u', ...more, '-o', 'json'], { env })).json() as readonly Image[];

  it.each(Object.entries(publishers))('%s: is listed, shown, downloaded and copied', async (_who, publisher) => {
    const { name, id, images: counts, told = {} } = publisher;
    const env = profile(publisher);
    const all = await images(env, '--all');
    expect([all.length, (await images(env)).length]).toEqual(counts);
    expect(new Set(all.map((image) => image.name)).size).toBe(all.length);
    const image = (await stage.ok(['show', `u:${name}`, '-o', 'json'], { env })).json() as Image;
    expect(image.id).toMatch(new RegExp(`^${id}$`));
    expect(image.properties).toMatchObject(told);
    expect((await stage.ok(['show', `u:${image.id}`, '-o', 'id'], { env })).stdout.trim()).toBe(image.id);
    const isSigned = publisher.values.keyring !== undefined;
    const file = stage.file('disk.img');
    const downloaded = await stage.ok(['download', `u:${name}`, file], { env });
    expect(
      /is signed|signed by/i.test(downloaded.stderr) || !isSigned || image.properties['imgctl.source.signer'] !== undefined,
    ).toBe(true);
    expect((await stage.ok(['inspect', file], { env })).exitCode).toBe(0);
    const copied = await stage.ok(['copy', `u:${name}`, 'local:here'], { env });
    expect(copied.exitCode).toBe(0);
    const here = (await stage.ok(['show', 'here', '-o', 'json'])).json() as Image;
    expect(here.properties).toMatchObject({ 'imgctl.source.url': image.properties['imgctl.source.url'] });
    if (isSigned) expect(here.properties['imgctl.source.signer']).toMatch(/^[\dA-F]{40}$/);
  });

  describe.each(['Debian, by its JSON', 'Fedora', 'AlmaLinux', 'Fedora CoreOS'])('%s, served with a fault', (who) => {
    const publisher = publishers[who] as Publisher;
    const isStream = publisher.provider === 'coreos-stream';
    const isSigned = publisher.values.keyring !== undefined;
    it.each(Object.entries(faults))('%s', async (mode, usual) => {
      const secure = mode === 'redirect-plain';
      const env = profile(publisher, `${at(secure ? 'TLS_URL' : 'URL')}/x/${mode}`, secure ? { caBundle: at('CA') } : {});
      const unsigned = /redirect-(other|meta)/.test(mode) && !isSigned ? ofStreams[mode] : undefined;
      const asGiven = mode === 'no-signature' && who !== 'AlmaLinux' && !isStream ? fine : usual;
      const { list = 0, copy = 0, says } = (isStream ? ofStreams[mode] : unsigned) ?? asGiven;
      const listed = await run(env, 'list', '-p', 'u', '--all', '-o', 'id');
      expect(`${listed.exitCode} ${listed.stderr}`).toMatch(new RegExp(`^${list} `));
      const copied = await run(env, 'copy', `u:${publisher.name}`, 'local:here');
      expect(`${copied.exitCode} ${copied.stderr}`).toMatch(new RegExp(`^${copy} `));
      if (says) expect(copied.stderr).toMatch(says);
      expect(await stage.names()).toEqual(copy === 0 ? ['here'] : []);
    });
  });

  it.each(
    ['Fedora', 'AlmaLinux', 'openSUSE Leap', 'Arch', 'Flatcar', 'Fedora CoreOS'].flatMap((who) =>
      ['stranger.gpg', 'expired.gpg', 'revoked.gpg'].map((keyring) => [who, keyring] as const),
    ),
  )('%s, judged by %s: nothing is made', async (who, keyring) => {
    const publisher = publishers[who] as Publisher;
    const env = profile(publisher, at('URL'), { keyring: `KEYS/${keyring}` });
    const copied = await run(env, 'copy', `u:${publisher.name}`, 'local:here');
    expect(`${copied.exitCode} ${copied.stderr}`).toMatch(/^11 /);
    expect(await stage.names()).toEqual([]);
  });

  it.each([
    ['RHEL CoreOS', /is not signed/],
    ['Rocky', /is not signed/],
  ])('%s signs nothing, and is refused where a signature is wanted', async (who, says) => {
    const publisher = publishers[who] as Publisher;
    const env = profile(publisher, at('URL'), { keyring: 'KEYS/keyring.gpg' });
    const copied = await run(env, 'copy', `u:${publisher.name}`, 'local:here');
    expect([copied.exitCode, copied.stderr]).toEqual([11, expect.stringMatching(says)]);
    expect(await stage.names()).toEqual([]);
  });

  it('a checksum file that is made to mislead misleads nobody', async () => {
    const odd = folder({ url: 'HOST/sums/', sums: 'SHA256SUMS' }, 'disk', '', [2, 2]);
    expect((await images(profile(odd))).map(({ name }) => name).toSorted()).toEqual(['disk', 'old-disk']);
    await stage.ok(['copy', 'u:disk', 'local:here'], { env: profile(odd) });
    const twice = profile(folder({ url: 'HOST/sums/twice/', sums: 'SHA256SUMS' }, 'disk', '', [1, 1]));
    const refusedTwice = await run(twice, 'copy', 'u:disk', 'local:other');
    expect([refusedTwice.exitCode, refusedTwice.stderr]).toEqual([11, expect.stringContaining('contradicts itself')]);
    const weak = profile(folder({ url: 'HOST/cirros/0.6.3/', sums: 'MD5SUMS' }, 'disk', '', [2, 2]));
    expect((await run(weak, 'copy', 'u:cirros-0.6.3-x86_64-disk', 'local:other')).exitCode).toBe(11);
    expect(await stage.names()).toEqual(['here']);
  });
});
