import type { PublisherList } from '../../core/publisher.ts';

const streams = 'simplestreams';

/** The publishers that are known by name: one entry each. What is known of one is loaded when it is first needed. */
export const publishers: PublisherList = {
  cirros: { driver: streams, load: () => import('./cirros.ts').then((module) => module.cirros) },
  images: {
    driver: streams,
    aliases: ['linuxcontainers'],
    load: () => import('./linuxcontainers.ts').then((module) => module.images),
  },
  'lxd-images': { driver: streams, load: () => import('./linuxcontainers.ts').then((module) => module.lxdImages) },
  maas: { driver: streams, load: () => import('./ubuntu.ts').then((module) => module.maas) },
  ubuntu: { driver: streams, load: () => import('./ubuntu.ts').then((module) => module.ubuntu) },
  'ubuntu-daily': { driver: streams, load: () => import('./ubuntu.ts').then((module) => module.ubuntuDaily) },
  'ubuntu-minimal': { driver: streams, load: () => import('./ubuntu.ts').then((module) => module.ubuntuMinimal) },
};
