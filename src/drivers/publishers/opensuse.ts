import type { KnownPublisher } from '../../core/publisher.ts';
import { opensuseKeys } from './keys/opensuse.ts';

const signer = 'AD485664E901B867051AB15F35A2F86E29B700A4';
const signed =
  'The checksum file of each image has a detached signature (.sha256.asc, of version 3) by the openSUSE Project Signing Key, which expires in 2030.';
const signature = {
  what: 'the checksum file of Leap 16.0 and its signature, as they were published',
  url: 'https://github.com/shaztechio/sandfort',
};

export const opensuseLeap: KnownPublisher = {
  title: 'openSUSE Leap (Minimal-VM, Cloud)',
  fields: {
    url: 'https://download.opensuse.org/distribution/leap/{release}/appliances/',
    sums: '*.sha256',
    files: 'Leap-{version}-Minimal-VM.{arch}-Cloud.qcow2',
    releases: '16.0',
    arches: 'amd64=x86_64,arm64=aarch64',
    pattern: String.raw`Leap-(?<version>[\d.]+)-Minimal-VM\.(?<arch>\w+)-(?<variant>Cloud)(?:-Build(?<serial>[\d.]+))?\.qcow2`,
    os: 'opensuse',
    signer,
  },
  signed,
  keys: opensuseKeys,
  evidence: [signature],
};

export const opensuseTumbleweed: KnownPublisher = {
  title: 'openSUSE Tumbleweed (Minimal-VM, Cloud)',
  fields: {
    url: 'https://download.opensuse.org/tumbleweed/appliances/',
    sums: '*.sha256',
    files: 'openSUSE-Tumbleweed-Minimal-VM.{arch}-Cloud.qcow2',
    releases: 'tumbleweed',
    arches: 'amd64=x86_64',
    pattern: String.raw`openSUSE-Tumbleweed-Minimal-VM\.(?<arch>\w+)-(?:[\d.]+-)?(?<variant>Cloud)(?:-Snapshot(?<serial>\d+))?\.qcow2`,
    os: 'opensuse',
    signer,
  },
  signed,
  keys: opensuseKeys,
  evidence: [
    {
      what: 'names: the list of checksums of June 2024, in the test data of the resolver',
      url: 'https://github.com/kubevirt/containerdisks',
    },
    signature,
  ],
};
