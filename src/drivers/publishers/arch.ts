import type { KnownPublisher } from '../../core/publisher.ts';

export const arch: KnownPublisher = {
  title: 'Arch Linux (cloudimg)',
  fields: {
    url: 'https://geo.mirror.pkgbuild.com/images/latest/',
    sums: '*.SHA256',
    files: 'Arch-Linux-{arch}-cloudimg.qcow2',
    releases: 'latest',
    arches: 'amd64=x86_64',
    os: 'arch',
    verify: 'gpg',
    signer: '1B9A16984A4E8CB448712D2AE0B78BF4326C6F8F',
  },
  signed:
    'The checksum file of each image has a detached signature (.SHA256.sig) by a subkey of the arch-boxes key. The key has no licence, and does not come with imgctl: nothing is read before it is given.',
  keysAt: 'https://gitlab.archlinux.org/archlinux/arch-boxes',
  evidence: [
    { what: 'address: template updater of Lima', url: 'https://github.com/lima-vm/lima' },
    { what: 'fingerprint: README of arch-boxes', url: 'https://gitlab.archlinux.org/archlinux/arch-boxes' },
  ],
};
