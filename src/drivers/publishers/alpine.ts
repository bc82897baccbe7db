import type { KnownPublisher } from '../../core/publisher.ts';

export const alpine: KnownPublisher = {
  title: 'Alpine Linux (generic, UEFI, cloud-init)',
  fields: {
    url: 'https://dl-cdn.alpinelinux.org/alpine/v{release}/releases/cloud/',
    sums: '*.sha512',
    files: 'generic_alpine-{version}-{arch}-uefi-cloudinit-r0.qcow2',
    releases: '3.24=3.24.1,3.23=3.23.0',
    arches: 'amd64=x86_64,arm64=aarch64',
    pattern: String.raw`generic_alpine-(?<version>[\d.]+)-(?<arch>\w+)-(?<variant>uefi-cloudinit)-r\d+\.qcow2`,
    os: 'alpine',
    properties: 'hw_firmware_type=uefi',
    verify: 'checksum',
  },
  signed: 'The checksum file of each image is vouched for by TLS alone: whose signatures lie beside it is not known.',
  evidence: [{ what: 'address, names and checksum files: template updater of Lima', url: 'https://github.com/lima-vm/lima' }],
};
