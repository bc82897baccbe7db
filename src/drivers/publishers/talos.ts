import type { KnownPublisher } from '../../core/publisher.ts';

/** The image factory names what is in an image by a digest: this is that of an image with no extensions. */
const plain = '376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba';

export const talos: KnownPublisher = {
  title: 'Talos Linux (OpenStack, no extensions)',
  fields: {
    url: `https://factory.talos.dev/image/${plain}/{serial}/`,
    current: '../../../versions',
    files: 'openstack-{arch}.raw.xz',
    releases: 'stable',
    arches: 'amd64,arm64',
    os: 'talos',
    verify: 'none',
  },
  signed: 'Neither signatures nor checksums are to be had without an account: TLS is all that vouches for the image.',
  evidence: [{ what: 'addresses: API of the image factory', url: 'https://github.com/siderolabs/image-factory' }],
};
