import driver from '../../../src/drivers/coreos-stream/index.ts';
import type { ProviderStage } from '../stage.ts';
import { downloading, reading } from '../verb-line.ts';
import { coreosStreamBed } from './bed.ts';
import { notFoundPage, startCoreosStream } from './index.ts';

/** What is peculiar to CoreOS streams in the tests that walk over all providers. */
export const coreosStreamStage: ProviderStage = {
  driver,
  cloud: { wire: true, start: () => startCoreosStream() },
  beds: { 'coreos-stream': coreosStreamBed },
  verbLines: [...reading('coreos-stream'), ...downloading('coreos-stream').filter(({ verb }) => verb !== 'copy')],
  plantedSecrets: [{ username: 'someone', password: 'planted-secret-4711-abc', url: 'ORIGIN/WAY' }],
  hostileRecord: {
    texts: ['name'],
    others: ['sha256', 'uncompressed-sha256', 'signature'],
    isName: (text) => text.length < 250 && text !== '' && !/\p{Surrogate}/u.test(text),
  },
  samples: {},
  wire: {
    notFound: [notFoundPage],
    isSignIn: () => false,
    fetches: ({ method, path }) => method === 'GET' && path.endsWith('.img'),
    redirects: true,
    servesFiles: true,
    address: { field: 'url', written: (origin) => `${origin}/images/stable.json` },
    behind: (origin) => ({ mirror: `${origin}/` }),
  },
};
