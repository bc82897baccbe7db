import type { KnownPublisher } from '../../core/publisher.ts';

export const cirros: KnownPublisher = {
  title: 'CirrOS, a small system for tests',
  fields: { url: 'https://download.cirros-cloud.net/', verify: 'checksum' },
  signed:
    'The documents are signed by a subkey that expired in 2020, whose key may not be handed on: the sha256 of every file is vouched for by TLS alone.',
  keysAt: 'https://launchpad.net/~cirros-dev',
  evidence: [
    {
      what: 'address, and the key 8F4CE6D0 with its expired subkey: README of the keys in the simplestreams sources',
      url: 'https://github.com/philroche/simplestreams-clone',
    },
  ],
};
