import { defineDriver } from '../../core/driver.ts';
import { tlsFields } from '../../core/field.ts';
import { anySocket } from './address.ts';
import { connect } from './client.ts';
import { remove } from './delete.ts';
import { create } from './create.ts';
import { discover } from './discover.ts';
import { download } from './download.ts';
import { importImage } from './import.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { probe } from './probe.ts';
import { projection } from './projection.ts';
import { fingerprints } from './record.ts';
import { handoverOfContainer, objection } from './server-side-copy.ts';
import { show } from './show.ts';
import { upload } from './upload.ts';
import { uses } from './uses.ts';

const noStates = 'An image can be used as long as it exists; there is no state in between.';

export default defineDriver({
  name: 'incus',
  title: 'Incus and LXD',
  docs: 'https://linuxcontainers.org/incus/docs/main/rest-api/',
  profile: {
    socket: {
      help: 'Unix socket of a server on this machine; auto: where Incus, else LXD, usually has it',
      env: ['INCUS_SOCKET', 'LXD_SOCKET'],
      default: anySocket,
    },
    url: { help: 'Address of a server, such as https://host.example:8443' },
    token: {
      help: 'Token of `config trust add`, by which profile check has the server trust clientCert, once; or a bearer token (OIDC)',
      secret: true,
    },
    clientCert: tlsFields.clientCert,
    insecure: tlsFields.insecure,
    project: { help: 'Project whose images are meant (default: default)', env: ['INCUS_PROJECT'] },
  },
  example: '--set socket=/var/lib/incus/unix.socket',
  setup: {
    variables: {
      'INCUS_CONF, INCUS_GLOBAL_CONF': 'folders of the incus client with config.yml and certificates',
      INCUS_REMOTE: 'the remote that the incus client would use',
      'INCUS_SOCKET, INCUS_DIR': 'socket of Incus on this machine, or the folder that holds unix.socket',
      'LXD_CONF, LXD_GLOBAL_CONF': 'folders of the lxc client with config.yml and certificates',
      LXC_REMOTE: 'the remote that the lxc client would use',
      'LXD_SOCKET, LXD_DIR': 'socket of LXD on this machine, or the folder that holds unix.socket',
    },
    where: [
      { field: 'socket', looks: /^\// },
      { field: 'url', looks: /^https?:/ },
    ],
    after: ['project'],
  },
  ids: fingerprints,
  idsAreDigests: true,
  showsByAlias: true,
  connect: (values, { http }) => connect(values, http),
  operations: { list, show, create, patch, delete: remove, upload, download, import: importImage, uses },
  handover: handoverOfContainer,
  objection,
  absent: {
    deactivate: `${noStates} patch --visibility private takes it from the public.`,
    reactivate: `${noStates} It is never inactive.`,
    restore: 'A deleted image is gone from the server at once. Upload it again.',
    purge: 'delete already removes an image for good.',
    replicate:
      'A server keeps its images itself, on as many members of its cluster as it is set to. copy puts one on another server.',
    share:
      'Nobody is given access by name. Make an image public with patch --visibility public, or use copy: another server fetches it by a secret that is made for that alone.',
    places: 'A server has no places to choose from: members of a cluster share its images.',
  },
  probe,
  projection,
  discover,
});
