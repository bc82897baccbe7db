import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { driverList } from '../../../src/engine/driver-list.ts';
import { fieldVariable } from '../../../src/profiles/resolve.ts';
import { commandStage } from '../../commands/stage.ts';
import { startFakeServer, type FakeServer } from '../../support/fake-server.ts';

const stage = commandStage();
const hex = (name: string, algorithm = 'sha256'): string =>
  createHash(algorithm).update(name.replace('latest', 'dated')).digest('hex');
const gnu = (...names: readonly string[]): string => names.map((name) => `${hex(name)}  ${name}\n`).join('');
const bsd = (...names: readonly string[]): string =>
  names.map((name) => `# ${name}: 1048576 bytes\nSHA256 (${name}) = ${hex(name)}\n`).join('');

/** The JSON beside an image of Debian. */
const debian = (release: string, version: string, serial: string) => {
  const ref = `${release}/${serial}/debian-${version}-genericcloud-amd64-${serial}.qcow2`;
  const digest = `sha512:${createHash('sha512').update(ref).digest('base64').replace(/=+$/, '')}`;
  return JSON.stringify({
    apiVersion: 'v1',
    items: [
      {
        apiVersion: 'cloud.debian.org/v1alpha1',
        kind: 'Upload',
        data: { familyRef: null, provider: 'cloud.debian.org', ref },
        metadata: {
          annotations: { 'cloud.debian.org/digest': digest },
          labels: {
            'cloud.debian.org/version': serial,
            'upload.cloud.debian.org/image-format': 'qcow2',
            'debian.org/arch': 'amd64',
          },
        },
      },
    ],
  });
};

/** What a publisher serves, by path, in the names that it has; what is typed, and the file that is meant by it. */
interface Case {
  readonly publisher: string;
  readonly served: Readonly<Record<string, string>>;
  readonly typed: readonly string[];
  readonly file: string;
  readonly properties?: Readonly<Record<string, string>>;
}
const fedora = '/pub/fedora/linux/releases/44/Cloud/x86_64/images';
const alma = '/almalinux/10/cloud/x86_64/images';
const cases: readonly Case[] = [
  {
    publisher: 'debian',
    served: {
      '/images/cloud/trixie/latest/debian-13-genericcloud-amd64.json': debian('trixie', '13', '20250814-2204'),
      '/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.json': debian('bookworm', '12', '20250814-2204'),
    },
    typed: ['12', 'bookworm', 'oldstable'],
    file: '/images/cloud/bookworm/20250814-2204/debian-12-genericcloud-amd64-20250814-2204.qcow2',
    properties: { os_distro: 'debian', os_version: '12', os_type: 'linux' },
  },
  {
    publisher: 'fedora',
    served: {
      [`${fedora}/Fedora-Cloud-44-1.7-x86_64-CHECKSUM`]: bsd(
        'Fedora-Cloud-Base-AmazonEC2-44-1.7.x86_64.raw.xz',
        'Fedora-Cloud-Base-Azure-44-1.7.x86_64.vhdfixed.xz',
        'Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2',
        'Fedora-Cloud-Base-UEFI-UKI-44-1.7.x86_64.qcow2',
      ),
    },
    typed: ['44'],
    file: `${fedora}/Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2`,
    properties: { os_distro: 'fedora', os_version: '44' },
  },
  {
    publisher: 'almalinux',
    served: {
      [`${alma}/CHECKSUM`]: ['GenericCloud', 'GenericCloud-ext4', 'OpenNebula']
        .map(
          (kind) =>
            gnu(`AlmaLinux-10-${kind}-dated.x86_64.qcow2`).replace('dated', '10.2-20260526.0') +
            gnu(`AlmaLinux-10-${kind}-latest.x86_64.qcow2`),
        )
        .join(''),
    },
    typed: ['10', '10.2'],
    file: `${alma}/AlmaLinux-10-GenericCloud-10.2-20260526.0.x86_64.qcow2`,
    properties: { os_distro: 'almalinux', os_version: '10.2' },
  },
  {
    publisher: 'rocky',
    served: {
      '/pub/rocky/9/images/x86_64/CHECKSUM': bsd(
        'Rocky-9-GenericCloud-Base-9.7-20251123.2.x86_64.qcow2',
        'Rocky-9-GenericCloud-LVM-9.7-20251123.2.x86_64.qcow2',
        'Rocky-9-OCP-Base-9.7-20251123.2.x86_64.qcow2',
      ),
    },
    typed: ['9', '9.7'],
    file: '/pub/rocky/9/images/x86_64/Rocky-9-GenericCloud-Base-9.7-20251123.2.x86_64.qcow2',
    properties: { os_distro: 'rocky' },
  },
  {
    publisher: 'centos-stream',
    served: {
      '/centos/10-stream/x86_64/images/CHECKSUM': bsd(
        'CentOS-Stream-Container-Base-10-20241118.0.x86_64.tar.xz',
        'CentOS-Stream-ec2-10-20241118.0.x86_64.raw.xz',
        'CentOS-Stream-GenericCloud-10-20241111.0.x86_64.qcow2',
        'CentOS-Stream-GenericCloud-10-20241118.0.x86_64.qcow2',
      ),
    },
    typed: ['10'],
    file: '/centos/10-stream/x86_64/images/CentOS-Stream-GenericCloud-10-20241118.0.x86_64.qcow2',
    properties: { os_distro: 'centos', os_version: '10' },
  },
  {
    publisher: 'opensuse-leap',
    served: {
      '/distribution/leap/16.0/appliances/Leap-16.0-Minimal-VM.x86_64-Cloud.qcow2.sha256': gnu(
        'Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.7.qcow2',
      ),
    },
    typed: ['16.0'],
    file: '/distribution/leap/16.0/appliances/Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.7.qcow2',
    properties: { os_distro: 'opensuse', os_version: '16.0' },
  },
  {
    publisher: 'opensuse-tumbleweed',
    served: {
      '/tumbleweed/appliances/openSUSE-Tumbleweed-Minimal-VM.x86_64-Cloud.qcow2.sha256': gnu(
        'openSUSE-Tumbleweed-Minimal-VM.x86_64-1.0.0-Cloud-Snapshot20240629.qcow2',
      ),
    },
    typed: ['tumbleweed'],
    file: '/tumbleweed/appliances/openSUSE-Tumbleweed-Minimal-VM.x86_64-1.0.0-Cloud-Snapshot20240629.qcow2',
    properties: { os_distro: 'opensuse' },
  },
  {
    publisher: 'arch',
    served: { '/images/latest/Arch-Linux-x86_64-cloudimg.qcow2.SHA256': gnu('Arch-Linux-x86_64-cloudimg.qcow2') },
    typed: ['latest'],
    file: '/images/latest/Arch-Linux-x86_64-cloudimg.qcow2',
    properties: { os_distro: 'arch' },
  },
  {
    publisher: 'flatcar',
    served: {
      '/amd64-usr/current/version.txt': 'FLATCAR_BUILD=4459\nFLATCAR_VERSION=4459.2.1\nFLATCAR_VERSION_ID=4459.2.1\n',
      '/amd64-usr/4459.2.1/flatcar_production_openstack_image.img.DIGESTS': `# SHA512 HASH\n${hex('x', 'sha512')}  flatcar_production_openstack_image.img\n`,
    },
    typed: ['stable'],
    file: '/amd64-usr/4459.2.1/flatcar_production_openstack_image.img',
    properties: { os_distro: 'flatcar', 'imgctl.source.serial': '4459.2.1' },
  },
  {
    publisher: 'freebsd',
    served: {
      '/releases/VM-IMAGES/15.0-RELEASE/amd64/Latest/CHECKSUM.SHA512': [
        'BASIC-CLOUDINIT-ufs.qcow2',
        'BASIC-CLOUDINIT-zfs.qcow2',
        'ufs.qcow2',
        'BASIC-CLOUDINIT-ufs.raw',
      ]
        .map((kind) => `SHA512 (FreeBSD-15.0-RELEASE-amd64-${kind}.xz) = ${hex(kind, 'sha512')}\n`)
        .join(''),
    },
    typed: ['15.0', '15'],
    file: '/releases/VM-IMAGES/15.0-RELEASE/amd64/Latest/FreeBSD-15.0-RELEASE-amd64-BASIC-CLOUDINIT-ufs.qcow2.xz',
    properties: { os_distro: 'freebsd', os_version: '15.0' },
  },
  {
    publisher: 'alpine',
    served: {
      '/alpine/v3.23/releases/cloud/generic_alpine-3.23.0-x86_64-uefi-cloudinit-r0.qcow2.sha512': hex('x', 'sha512'),
    },
    typed: ['3.23', '3.23.0'],
    file: '/alpine/v3.23/releases/cloud/generic_alpine-3.23.0-x86_64-uefi-cloudinit-r0.qcow2',
    properties: { os_distro: 'alpine', os_version: '3.23.0', hw_firmware_type: 'uefi' },
  },
  {
    publisher: 'talos',
    served: { '/versions': '["v1.11.3","v1.12.0","v1.13.0-beta.0","v1.12.1"]' },
    typed: ['stable'],
    file: '/image/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba/v1.12.1/openstack-amd64.raw.xz',
    properties: { os_distro: 'talos' },
  },
];

let server: FakeServer;
let served: Case['served'];
beforeEach(async () => {
  server = await startFakeServer(({ url }) => {
    const body = served[decodeURIComponent(url.pathname)];
    return body === undefined ? { status: 404, body: 'no' } : { status: 200, body };
  });
});
afterEach(() => server.stop());

/** Its address, below the server of the test, which is all that has to be said for a mirror; what it serves is not signed. */
async function here(publisher: string): Promise<Readonly<Record<string, string>>> {
  const known = await driverList.publishers?.[publisher]?.load();
  const { url = '', signer } = known?.fields ?? {};
  return {
    [fieldVariable(publisher, 'url')]: url.replace(/^https:\/\/[^/]+/, server.origin),
    ...(signer === undefined ? {} : { [fieldVariable(publisher, 'verify')]: 'checksum' }),
  };
}

describe('a publisher with checksum files', () => {
  it.each(cases)(
    '$publisher: the words of a release mean the file that it publishes as the newest',
    async ({ publisher, file, typed, ...about }) => {
      served = about.served;
      const env = await here(publisher);
      for (const word of typed) {
        const shown = (await stage.ok(['show', `${publisher}:${word}`, '-o', 'json'], { env })).json() as {
          properties: Readonly<Record<string, string>>;
        };
        expect(shown.properties, word).toMatchObject({ 'imgctl.source.url': `${server.origin}${file}`, ...about.properties });
      }
      const listed = await stage.run(['list', `${publisher}:`, '-o', 'json'], { env });
      expect(listed.stdout).toContain(file.split('/').at(-1)?.split('.')[0] ?? '?');
    },
  );

  it.each(['fcos', 'fcos-testing', 'fcos-next', 'rhcos'])(
    '%s: the name of the stream means the disk for OpenStack',
    async (publisher) => {
      const location = `${server.origin}/prod/fedora-coreos-44.20261108.3.0-openstack.x86_64.qcow2.xz`;
      const disk = { location, signature: `${location}.sig`, sha256: hex('a'), 'uncompressed-sha256': hex('b') };
      const openstack = { release: '44.20261108.3.0', formats: { 'qcow2.xz': { disk } } };
      const stream = publisher.replace('fcos-', '').replace('fcos', 'stable');
      const document = JSON.stringify({ stream, metadata: {}, architectures: { x86_64: { artifacts: { openstack } } } });
      const env = { ...(await here(publisher)), [fieldVariable(publisher, 'verify')]: 'checksum' };
      served = { [new URL(env[fieldVariable(publisher, 'url')] ?? '').pathname]: document };
      for (const word of ['openstack', stream])
        expect((await stage.ok(['show', `${publisher}:${word}`, '-o', 'json'], { env })).stdout, word).toContain(location);
    },
  );

  it('is each looked at here', () => {
    const known = Object.entries(driverList.publishers ?? {}).filter(([, { driver }]) => driver === 'checksums');
    expect(known.map(([name]) => name).sort()).toEqual(cases.map(({ publisher }) => publisher).sort());
  });

  it('whose key is not here says where it is told and what to type, and nothing is read before it is given', async () => {
    for (const publisher of ['arch', 'flatcar']) {
      served = cases.find((one) => one.publisher === publisher)?.served ?? {};
      const { [fieldVariable(publisher, 'verify')]: _verify, ...env } = await here(publisher);
      const refused = await stage.run(['list', `${publisher}:`, '--json'], { env });
      expect([refused.exitCode, refused.stdout], publisher).toEqual([3, '']);
      expect(refused.stderr).toContain(fieldVariable(publisher, 'keyring'));
      const told = (await stage.ok(['sources', publisher])).stdout;
      expect(told).toContain(`--verify gpg:FILE`);
      expect(told).toContain('https://');
    }
  });
});
