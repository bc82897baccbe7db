import type { Fields } from '../../core/field.ts';

/** What a profile says of a registry and of the repository in it that holds the images. */
export const fields = {
  registry: {
    help: 'Host, with port if needed: registry.example.org, localhost:5000',
    required: true,
    env: ['OCI_REGISTRY'],
  },
  repository: { help: 'Repository that holds the images, one tag each: images/library', required: true, env: ['OCI_REPOSITORY'] },
  username: { help: 'User name; without one, anonymous', env: ['OCI_USERNAME'] },
  password: { help: 'Password or access token of that user', secret: true, env: ['OCI_PASSWORD'] },
  token: { help: 'Bearer token to send as it is, instead of user name and password', secret: true, env: ['OCI_TOKEN'] },
  plainHttp: { help: 'Use http instead of https; default: only for a registry on this machine', choices: ['true', 'false'] },
  chunkSize: {
    help: 'Send disks in chunks of this size (16MiB), each held in memory, to resume a broken upload; default: one request',
  },
  layout: {
    help: 'Send a raw disk as many blobs side by side, without zeros and shared between versions (layers, the default), or as one (single, the default with chunkSize)',
    choices: ['layers', 'single'],
  },
  places: { help: 'More repositories of this registry for replicate: a/b,c/d' },
  tags: {
    help: 'Tag of a new image: made from its name, web:1 as web-1 (name, the default), or a UUID (uuid); --id overrides it',
    choices: ['name', 'uuid'],
  },
  channelTags: {
    help: 'Tag that follows each channel: {{name}}-{{channel}}, the default, makes web-stable of web@stable; {{channel}}; or none',
  },
} as const satisfies Fields;
