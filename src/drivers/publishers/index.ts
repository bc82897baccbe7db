import type { PublisherList } from '../../core/publisher.ts';

const streams = 'simplestreams';
const sums = 'checksums';
const coreos = 'coreos-stream';

/** The publishers that are known by name: one entry each. What is known of one is loaded when it is first needed. */
export const publishers: PublisherList = {
  almalinux: { driver: sums, aliases: ['alma'], load: () => import('./enterprise-linux.ts').then((module) => module.almalinux) },
  alpine: { driver: sums, load: () => import('./alpine.ts').then((module) => module.alpine) },
  arch: { driver: sums, aliases: ['archlinux'], load: () => import('./arch.ts').then((module) => module.arch) },
  'centos-stream': {
    driver: sums,
    aliases: ['centos'],
    load: () => import('./enterprise-linux.ts').then((module) => module.centosStream),
  },
  cirros: { driver: streams, load: () => import('./cirros.ts').then((module) => module.cirros) },
  debian: { driver: sums, load: () => import('./debian.ts').then((module) => module.debian) },
  fcos: {
    driver: coreos,
    aliases: ['fedora-coreos', 'fcos-stable'],
    load: () => import('./coreos.ts').then((module) => module.fcos),
  },
  'fcos-next': { driver: coreos, load: () => import('./coreos.ts').then((module) => module.fcosNext) },
  'fcos-testing': { driver: coreos, load: () => import('./coreos.ts').then((module) => module.fcosTesting) },
  fedora: { driver: sums, load: () => import('./fedora.ts').then((module) => module.fedora) },
  flatcar: { driver: sums, load: () => import('./flatcar.ts').then((module) => module.flatcar) },
  freebsd: { driver: sums, load: () => import('./freebsd.ts').then((module) => module.freebsd) },
  images: {
    driver: streams,
    aliases: ['linuxcontainers'],
    load: () => import('./linuxcontainers.ts').then((module) => module.images),
  },
  'lxd-images': { driver: streams, load: () => import('./linuxcontainers.ts').then((module) => module.lxdImages) },
  maas: { driver: streams, load: () => import('./ubuntu.ts').then((module) => module.maas) },
  'opensuse-leap': {
    driver: sums,
    aliases: ['opensuse'],
    load: () => import('./opensuse.ts').then((module) => module.opensuseLeap),
  },
  'opensuse-tumbleweed': {
    driver: sums,
    aliases: ['tumbleweed'],
    load: () => import('./opensuse.ts').then((module) => module.opensuseTumbleweed),
  },
  rhcos: { driver: coreos, load: () => import('./coreos.ts').then((module) => module.rhcos) },
  rocky: { driver: sums, aliases: ['rockylinux'], load: () => import('./enterprise-linux.ts').then((module) => module.rocky) },
  talos: { driver: sums, load: () => import('./talos.ts').then((module) => module.talos) },
  ubuntu: { driver: streams, load: () => import('./ubuntu.ts').then((module) => module.ubuntu) },
  'ubuntu-daily': { driver: streams, load: () => import('./ubuntu.ts').then((module) => module.ubuntuDaily) },
  'ubuntu-minimal': { driver: streams, load: () => import('./ubuntu.ts').then((module) => module.ubuntuMinimal) },
};
