import type { Fields } from '../../core/field.ts';

/** What a profile says of a registry and of the repository in it that holds the images. */
export const fields = {
  registry: {
    help: 'Host, and port if it is not the usual one: registry.example.org, localhost:5000',
    required: true,
    env: ['OCI_REGISTRY'],
  },
  repository: { help: 'Repository that holds the images, each a tag: images/library', required: true, env: ['OCI_REPOSITORY'] },
  username: { help: 'User name; without one only what is public can be read', env: ['OCI_USERNAME'] },
  password: { help: 'Password or access token of that user', secret: true, env: ['OCI_PASSWORD'] },
  token: { help: 'Bearer token that is sent as it is, in the place of user name and password', secret: true, env: ['OCI_TOKEN'] },
  plainHttp: { help: 'http in the place of https; default: only for a registry on this machine', choices: ['true', 'false'] },
  chunkSize: {
    help: 'Send disks in chunks of this size (16MiB), each held in memory, so that a broken upload goes on at the last one; default: in one request',
  },
  places: { help: 'Further repositories of this registry for replicate: a/b,c/d' },
} as const satisfies Fields;
