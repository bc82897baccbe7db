import type { KnownPublisher } from '../../core/publisher.ts';

export const freebsd: KnownPublisher = {
  title: 'FreeBSD (BASIC-CLOUDINIT)',
  fields: {
    url: 'https://download.freebsd.org/releases/VM-IMAGES/{release}-RELEASE/{arch}/Latest/',
    sums: 'CHECKSUM.SHA512',
    releases: '15.0+15,14.3+14',
    arches: 'amd64,arm64=aarch64',
    pattern: String.raw`FreeBSD-(?<version>[\d.]+)-RELEASE-(?:amd64|arm64-aarch64)-(?<variant>[A-Za-z-]+)\.qcow2\.xz`,
    variants: 'BASIC-CLOUDINIT-ufs,BASIC-CLOUDINIT-zfs',
    os: 'freebsd',
    verify: 'checksum',
  },
  signed: 'Nothing beside the images is signed: the checksum file is vouched for by TLS alone.',
  evidence: [{ what: 'address and names', url: 'https://download.freebsd.org/releases/VM-IMAGES/' }],
};
