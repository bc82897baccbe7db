import type { KnownPublisher } from '../../core/publisher.ts';
import { fedoraKeys } from './keys/fedora.ts';

export const fedora: KnownPublisher = {
  title: 'Fedora Cloud',
  fields: {
    url: 'https://download.fedoraproject.org/pub/fedora/linux/releases/{release}/Cloud/{arch}/images/',
    sums: 'Fedora-Cloud-{version}-{arch}-CHECKSUM',
    // The number behind the release is that of its compose, which stands in the name of the checksum file.
    releases: '44=44-1.7,43=43-1.6',
    arches: 'amd64=x86_64,arm64=aarch64',
    pattern: String.raw`Fedora-Cloud-Base-(?<variant>Generic|UEFI-UKI)-(?<version>\d+)-(?<serial>[\d.]+)\.(?<arch>\w+)\.qcow2`,
    variants: 'Generic',
    os: 'fedora',
    signer:
      '4F50A6114CD5C6976A7F1179655A4B02F577861E,36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6,C6E7F081CF80E13146676E88829B606631645531',
  },
  signed:
    'The checksum file of a release is clear-signed by the key of that release. Those of 43, 44 and 45 are here, and do not expire.',
  keys: fedoraKeys,
  evidence: [
    { what: 'the checksum file of 44-1.7, clear-signed, as it was published', url: 'https://github.com/shaztechio/sandfort' },
    { what: 'address, and that of the list of releases', url: 'https://fedoraproject.org/releases.json' },
  ],
};
