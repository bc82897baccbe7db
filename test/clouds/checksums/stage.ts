import driver from '../../../src/drivers/checksums/index.ts';
import { filesStage } from '../file-server.ts';
import { checksumsBed } from './bed.ts';
import { startChecksums } from './index.ts';

export const checksumsStage = filesStage({
  driver,
  start: () => startChecksums(),
  bed: checksumsBed,
  address: (origin) => `${origin}/images/`,
  needed: { sums: 'SHA256SUMS' },
  hostileRecord: {
    texts: ['name'],
    others: ['kind', 'data', 'metadata'],
    isName: (text) => text.length < 250 && !/[\p{Cc}\p{Surrogate}\\/]|^\s*$|^[a-z][a-z\d+.-]*:/iu.test(text),
  },
});
