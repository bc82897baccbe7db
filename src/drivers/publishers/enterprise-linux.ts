import type { KnownPublisher } from '../../core/publisher.ts';
import { almalinuxKeys } from './keys/almalinux.ts';
import { rockyKeys } from './keys/rocky.ts';

const arches = 'amd64=x86_64,arm64=aarch64';
const resolvers = 'https://github.com/kubevirt/containerdisks';
const updaters = 'https://github.com/lima-vm/lima';

export const almalinux: KnownPublisher = {
  title: 'AlmaLinux OS (GenericCloud)',
  fields: {
    url: 'https://repo.almalinux.org/almalinux/{release}/cloud/{arch}/images/',
    sums: 'CHECKSUM',
    releases: '10,9,8',
    arches,
    pattern: String.raw`AlmaLinux-\d+-(?<variant>[A-Z]\w+(?:-ext4)?)-(?<version>\d+\.\d+)-(?<serial>\d{8}(?:\.\d+)?)\.(?<arch>\w+)\.qcow2`,
    variants: 'GenericCloud',
    os: 'almalinux',
    signer:
      'EE6DB7B98F5BF5EDD9DA0DE5DEE5C11CC2A1E572,BF18AC2876178908D6E71267D36CB86CB86B3716,BC5EDDCADF502C077F1582882AE81E8ACED7258B',
  },
  signed:
    'The checksum file of a release has a detached signature (CHECKSUM.asc) by the key of that release. None of the three keys expires.',
  keys: almalinuxKeys,
  evidence: [
    { what: 'names: the checksum file of release 10 of May 2026, in the test data of the resolver', url: resolvers },
    { what: 'what is signed by whom', url: 'https://wiki.almalinux.org/cloud/Generic-cloud.html' },
  ],
};

export const rocky: KnownPublisher = {
  title: 'Rocky Linux (GenericCloud)',
  fields: {
    url: 'https://dl.rockylinux.org/pub/rocky/{release}/images/{arch}/',
    sums: 'CHECKSUM',
    releases: '10,9,8',
    arches,
    pattern: String.raw`Rocky-\d+-GenericCloud-(?<variant>Base|LVM)-(?<version>\d+\.\d+)-(?<serial>\d{8}\.\d+)\.(?<arch>\w+)\.qcow2`,
    variants: 'Base',
    os: 'rocky',
    verify: 'checksum',
  },
  signed:
    'The checksum file is vouched for by TLS alone: that it is signed today is not known. The keys of the releases are here for --verify gpg.',
  keys: rockyKeys,
  evidence: [
    { what: 'names: resolver of Rocky Linux', url: resolvers },
    { what: 'address: template updater', url: updaters },
  ],
};

export const centosStream: KnownPublisher = {
  title: 'CentOS Stream (GenericCloud)',
  fields: {
    url: 'https://cloud.centos.org/centos/{release}-stream/{arch}/images/',
    sums: 'CHECKSUM',
    releases: '10,9',
    arches,
    pattern: String.raw`CentOS-Stream-(?<variant>GenericCloud)-(?<version>\d+)-(?<serial>\d{8}\.\d+)\.(?<arch>\w+)\.qcow2`,
    variants: 'GenericCloud',
    os: 'centos',
    verify: 'checksum',
  },
  signed: 'Nothing is signed: the checksum file is vouched for by TLS alone.',
  evidence: [
    { what: 'names: the checksum file of release 10 of November 2024, in the test data of the resolver', url: resolvers },
  ],
};
