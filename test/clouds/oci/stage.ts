import driver from '../../../src/drivers/oci/index.ts';
import type { Wire } from '../bed-cloud.ts';
import type { ProviderStage } from '../stage.ts';
import { ociBed } from './bed.ts';
import { ociCloud } from './index.ts';
import { sha256 } from './store.ts';
import { ociLines } from './verb-lines.ts';

const at = { registry: 'HOST', repository: 'WAY/library', plainHttp: 'true' };

export const ociStage: ProviderStage = {
  driver,
  cloud: ociCloud(),
  beds: {
    oci: (identity) => ociBed({}, {}, identity),
    'oci in chunks': (identity) => ociBed({ checksOffsets: true }, { chunkSize: '64KiB' }, identity),
  },
  verbLines: ociLines,
  silent: { places: 'they stand in the profile' },
  plantedSecrets: [
    { ...at, username: 'KEY', password: `planted-"secret"-4711/ü+x&<'y'> %!*` },
    { ...at, token: 'planted-secret-4711-abc' },
  ],
  hostileRecord: {
    in: (raw) => raw.record as Wire,
    texts: ['name', 'description', 'owner', 'architecture'],
    others: [
      'schema',
      'revision',
      'status',
      'visibility',
      'protected',
      'hidden',
      'tags',
      'properties',
      'createdAt',
      'updatedAt',
      'diskFormat',
      'sizeBytes',
      'minDiskBytes',
      'checksums',
      'name',
    ],
  },
  samples: { place: 'images/second', account: { repository: 'a/b' } },
  wire: {
    notFound: ['{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}', '{"errors":[{"code":"NOT_FOUND"}]}'],
    endless: {
      isList: (path) => /\/tags\/list/.test(path),
      rows: 'tags',
      next: (n) => ({ headers: { link: `<?last=m${n}>; rel="next"` } }),
    },
    isSignIn: ({ path }) => path.startsWith('/token'),
    sends: ({ method, path }) => ['PUT', 'PATCH'].includes(method) && path.includes('/blobs/uploads/'),
    fetches: ({ method, path }, disk) => method === 'GET' && path.endsWith(`/blobs/${sha256(Buffer.from(disk))}`),
    documents: true,
    redirects: true,
    address: { field: 'registry', written: (origin) => new URL(origin).host },
    foreignFile: {
      path: '.docker/config.json',
      name: 'registry.example',
      env: { OCI_REPOSITORY: 'a/b' },
      content: (value) =>
        JSON.stringify({ auths: { 'registry.example': { auth: Buffer.from(`me:${value}`).toString('base64') } } }),
      fields: (value) => ({ username: 'me', password: value }),
    },
  },
};
