import type { KnownPublisher } from '../../core/publisher.ts';

export const flatcar: KnownPublisher = {
  title: 'Flatcar Container Linux, stable (OpenStack)',
  fields: {
    url: 'https://stable.release.flatcar-linux.net/{arch}-usr/{serial}/',
    current: '../current/version.txt',
    sums: '*.DIGESTS',
    files: 'flatcar_production_openstack_image.img',
    releases: 'stable',
    arches: 'amd64,arm64',
    os: 'flatcar',
    verify: 'gpg',
    signer: 'F88CFEDEFF29A5B4D9523864E25D9AED0593B34A',
  },
  signed:
    'The digests of each image have a signature (.DIGESTS.asc, .DIGESTS.sig) by a subkey of the Flatcar Buildbot, which is changed every year: releases older than it need expiredKeys=accept. The key has no licence, and does not come with imgctl: nothing is read before it is given.',
  keysAt: 'https://www.flatcar.org/security/image-signing-key/',
  evidence: [
    { what: 'address and version file: template updater of Lima', url: 'https://github.com/lima-vm/lima' },
    { what: 'fingerprint: the installer of Flatcar', url: 'https://github.com/flatcar/init' },
  ],
};
