import driver from '../../../src/drivers/checksums/index.ts';
import type { ProviderStage } from '../stage.ts';
import { downloading, reading } from '../verb-line.ts';
import { checksumsBed } from './bed.ts';
import { notFoundPage, startChecksums } from './index.ts';

/** What is peculiar to folders with checksum files in the tests that walk over all providers. */
export const checksumsStage: ProviderStage = {
  driver,
  cloud: { wire: true, start: () => startChecksums() },
  beds: { checksums: checksumsBed },
  verbLines: [...reading('checksums'), ...downloading('checksums').filter(({ verb }) => verb !== 'copy')],
  plantedSecrets: [{ username: 'someone', password: 'planted-secret-4711-abc', url: 'ORIGIN/WAY', sums: 'SHA256SUMS' }],
  hostileRecord: {
    texts: ['name'],
    others: ['kind', 'data', 'metadata'],
    isName: (text) => text.length < 250 && !/[\p{Cc}\p{Surrogate}\\/]|^\s*$|^[a-z][a-z\d+.-]*:/iu.test(text),
  },
  samples: {},
  wire: {
    notFound: [notFoundPage],
    isSignIn: () => false,
    fetches: ({ method, path }) => method === 'GET' && path.endsWith('.img'),
    redirects: true,
    servesFiles: true,
    address: { field: 'url', written: (origin) => `${origin}/images/` },
  },
};
