import type { KnownPublisher } from '../../core/publisher.ts';
import { ubuntuKeys } from './keys/ubuntu.ts';

/** UEC Image Automatic Signing Key (checksum files), Ubuntu Cloud Image Builder (documents of the streams). */
const signer = 'D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81,4A3CE3CD565D7EB5C810E2B97FF3F408476CF100';

const signed =
  'The index and the lists of products are clear-signed (.sjson) by Ubuntu, and give the sha256 of every file. Both keys do not expire.';

const evidence = [
  {
    what: 'which key signs what: README of the keys in the simplestreams sources',
    url: 'https://github.com/philroche/simplestreams-clone',
  },
  {
    what: 'the keyring, held against a checksum file of 24.04 and its signature by 7DB87C81',
    url: 'https://packages.debian.org/sid/ubuntu-keyring',
  },
] as const;

const at = (url: string): KnownPublisher['fields'] => ({ url, signer });

export const ubuntu: KnownPublisher = {
  title: 'Ubuntu cloud images, releases',
  fields: at('https://cloud-images.ubuntu.com/releases/'),
  signed,
  keys: ubuntuKeys,
  evidence: [
    { what: 'address: template updater of Lima, image hosts of Multipass', url: 'https://github.com/lima-vm/lima' },
    ...evidence,
  ],
};

export const ubuntuDaily: KnownPublisher = {
  title: 'Ubuntu cloud images, daily builds',
  fields: at('https://cloud-images.ubuntu.com/daily/'),
  signed,
  keys: ubuntuKeys,
  evidence: [{ what: 'address: image hosts of Multipass', url: 'https://github.com/canonical/multipass' }, ...evidence],
};

export const ubuntuMinimal: KnownPublisher = {
  title: 'Ubuntu minimal cloud images, releases',
  fields: at('https://cloud-images.ubuntu.com/minimal/releases/'),
  signed,
  keys: ubuntuKeys,
  evidence: [{ what: 'address: image hosts of Multipass', url: 'https://github.com/canonical/multipass' }, ...evidence],
};

export const maas: KnownPublisher = {
  title: 'MAAS boot images: kernels and root file systems, few of them disks',
  fields: at('https://images.maas.io/ephemeral-v3/stable/'),
  signed,
  keys: ubuntuKeys,
  evidence: [
    {
      what: 'address, and that the keyring of the cloud images is its keyring: MAAS, boot sources',
      url: 'https://github.com/canonical/maas',
    },
    ...evidence,
  ],
};
