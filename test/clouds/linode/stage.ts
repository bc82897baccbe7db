import driver from '../../../src/drivers/linode/index.ts';
import type { ProviderStage } from '../stage.ts';
import { linodeBed } from './bed.ts';
import { startLinode } from './index.ts';
import { linodeLines } from './verb-lines.ts';

/** INI reads `;` as the beginning of a comment. */
const quoted = (value: string): string => value.replaceAll(';', '\\;');

export const linodeStage: ProviderStage = {
  driver,
  cloud: { wire: true, start: () => startLinode({ listsPerMinute: 1_000_000, workMs: 5 }) },
  beds: { linode: linodeBed },
  verbLines: linodeLines,
  plantedSecrets: [{ token: 'planted-secret-4711-abc', endpoint: 'ORIGIN/WAY' }],
  hostileRecord: {
    texts: ['label', 'description'],
    others: [
      'size',
      'total_size',
      'created',
      'updated',
      'expiry',
      'tags',
      'regions',
      'status',
      'type',
      'label',
      'capabilities',
      'is_shared',
    ],
  },
  samples: { disk: '5', place: 'us-iad', account: { token: 't' } },
  wire: {
    notFound: ['{"errors":[{"reason":"Not found"}]}'],
    noList: '{"errors":[{"reason":"Not found"}]}',
    endless: {
      isList: (path) => /\/images\?/.test(path),
      rows: 'data',
      next: (n) => ({ body: { page: n, pages: 1e6, results: 5e8 } }),
    },
    isSignIn: () => false,
    sends: ({ method, path }) => method === 'PUT' && !path.startsWith('/v4/'),
    address: { field: 'endpoint', written: (origin) => origin },
    foreignFile: {
      path: '.config/linode-cli',
      name: 'me',
      content: (value) =>
        `[DEFAULT]\ndefault-user = me\n[me]\ntoken = ${quoted(value)}\nregion = ${quoted(value)}\napi_version = ${quoted(value)}\n`,
      fields: (value) => ({ token: value, region: value, apiVersion: value }),
    },
  },
};
