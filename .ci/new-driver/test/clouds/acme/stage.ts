import driver from '../../../src/drivers/acme/index.ts';
import type { ProviderStage } from '../stage.ts';
import { reading } from '../verb-line.ts';
import { acmeBed } from './bed.ts';
import { startAcme } from './index.ts';

/** What is peculiar to Acme in the tests that walk over all providers. */
export const acmeStage: ProviderStage = {
  driver,
  cloud: { wire: true, start: startAcme },
  beds: { acme: acmeBed },
  // Each verb that gets a file gets a line here too, in a file `verb-lines.ts` when they are many.
  verbLines: reading('acme'),
  plantedSecrets: [{ token: 'planted-secret-4711-abc', endpoint: 'ORIGIN/WAY' }],
  hostileRecord: { texts: ['name', 'description'], others: ['state', 'size_bytes', 'created_at', 'name'] },
  samples: { account: { token: 't' } },
  wire: {
    notFound: ['{"error":{"message":"no such image"}}'],
    noList: '{"error":{"message":"no such thing"}}',
    endless: {
      isList: (path) => /\/images(\?|$)/.test(path),
      rows: 'images',
      next: (n) => ({ body: { next_page_token: `m${n}` } }),
    },
    isSignIn: () => false,
    address: { field: 'endpoint', written: (origin) => origin },
  },
};
