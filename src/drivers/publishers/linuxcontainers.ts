import type { KnownPublisher } from '../../core/publisher.ts';

const signed = 'Nothing is signed: the index, which gives the sha256 of every file, is vouched for by TLS alone.';

export const images: KnownPublisher = {
  title: 'Linux Containers image server (Incus): many distributions, disks of virtual machines',
  fields: { url: 'https://images.linuxcontainers.org/', verify: 'checksum' },
  signed,
  evidence: [
    { what: 'address: default remote of the incus client, which asks for no signature', url: 'https://github.com/lxc/incus' },
    { what: 'form: list of products as the server gave it in May 2026', url: 'https://github.com/meigma/go-simplestreams' },
  ],
};

export const lxdImages: KnownPublisher = {
  title: 'LXD image server: many distributions, disks of virtual machines',
  fields: { url: 'https://images.lxd.canonical.com/', verify: 'checksum' },
  signed,
  evidence: [
    { what: 'address: default remote of the lxc client, which asks for no signature', url: 'https://github.com/canonical/lxd' },
    { what: 'form: list of products as the server gave it in May 2026', url: 'https://github.com/meigma/go-simplestreams' },
  ],
};
