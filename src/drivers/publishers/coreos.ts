import type { KnownPublisher } from '../../core/publisher.ts';
import { fedoraKeys } from './keys/fedora.ts';

/** One stream of Fedora CoreOS. */
const fedoraCoreos = (stream: string): KnownPublisher => ({
  title: `Fedora CoreOS, ${stream}`,
  fields: {
    url: `https://builds.coreos.fedoraproject.org/streams/${stream}.json`,
    signer:
      '4F50A6114CD5C6976A7F1179655A4B02F577861E,36F612DCF27F7D1A48A835E4DBFCF71C6D9F90A6,C6E7F081CF80E13146676E88829B606631645531',
  },
  signed:
    'Each file has a detached signature (.sig) by the key of the Fedora release that it is made of. The document of the stream, which names them, is vouched for by TLS alone.',
  keys: fedoraKeys,
  evidence: [
    { what: 'form of the document: test data of the library that reads it', url: 'https://github.com/coreos/stream-metadata-go' },
    { what: 'what is signed by whom: coreos-installer', url: 'https://github.com/coreos/coreos-installer' },
  ],
});

export const fcos = fedoraCoreos('stable');
export const fcosTesting = fedoraCoreos('testing');
export const fcosNext = fedoraCoreos('next');

export const rhcos: KnownPublisher = {
  title: 'RHEL CoreOS of OpenShift 4.20',
  fields: {
    url: 'https://raw.githubusercontent.com/openshift/installer/release-4.20/data/data/coreos/rhcos.json',
    verify: 'checksum',
  },
  signed: 'Nothing is signed: the document, which gives the sha256 of every file, is vouched for by TLS alone.',
  evidence: [{ what: 'address and form: the installer of OpenShift', url: 'https://github.com/openshift/installer' }],
};
