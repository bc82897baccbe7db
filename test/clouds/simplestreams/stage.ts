import driver from '../../../src/drivers/simplestreams/index.ts';
import type { ProviderStage } from '../stage.ts';
import { downloading, reading } from '../verb-line.ts';
import { simplestreamsBed } from './bed.ts';
import { notFoundPage, startSimplestreams } from './index.ts';

/** What is peculiar to simplestreams in the tests that walk over all providers. */
export const simplestreamsStage: ProviderStage = {
  driver,
  cloud: { wire: true, start: startSimplestreams },
  beds: { simplestreams: simplestreamsBed },
  verbLines: [...reading('simplestreams'), ...downloading('simplestreams').filter(({ verb }) => verb !== 'copy')],
  plantedSecrets: [{ username: 'someone', password: 'planted-secret-4711-abc', url: 'ORIGIN/WAY' }],
  hostileRecord: { texts: ['pubname', 'label'], others: ['size', 'sha256', 'md5', 'support_eol', 'supported'] },
  samples: {},
  wire: {
    notFound: [notFoundPage],
    isSignIn: () => false,
    fetches: ({ method, path }) => method === 'GET' && path.endsWith('.img'),
    redirects: true,
    servesFiles: true,
    address: { field: 'url', written: (origin) => `${origin}/` },
  },
};
