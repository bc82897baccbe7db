import type { KnownPublisher } from '../../core/publisher.ts';

export const debian: KnownPublisher = {
  title: 'Debian cloud images (genericcloud)',
  fields: {
    url: 'https://cloud.debian.org/images/cloud/',
    sums: '{release}/latest/debian-{version}-genericcloud-{arch}.json',
    releases: 'trixie=13+stable,bookworm=12+oldstable',
    arches: 'amd64,arm64',
    os: 'debian',
    verify: 'checksum',
  },
  signed:
    'Nothing is signed: the JSON beside each image, which gives its sha512 and the dated file, is vouched for by TLS alone.',
  evidence: [
    {
      what: 'address and form: the JSON of genericcloud amd64 of August 2025, in the test data of the resolver',
      url: 'https://github.com/kubevirt/containerdisks',
    },
    { what: 'that SHA512SUMS.sign is not there (May 2026)', url: 'https://cloud.debian.org/images/cloud/' },
  ],
};
