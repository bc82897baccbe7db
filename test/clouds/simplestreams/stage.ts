import driver from '../../../src/drivers/simplestreams/index.ts';
import { filesStage } from '../file-server.ts';
import { simplestreamsBed } from './bed.ts';
import { startSimplestreams } from './index.ts';

export const simplestreamsStage = filesStage({
  driver,
  start: () => startSimplestreams(),
  bed: simplestreamsBed,
  address: (origin) => `${origin}/`,
  hostileRecord: { texts: ['pubname', 'label'], others: ['size', 'sha256', 'md5', 'support_eol', 'supported'] },
});
