import driver from '../../../src/drivers/coreos-stream/index.ts';
import { filesStage } from '../file-server.ts';
import { coreosStreamBed } from './bed.ts';
import { startCoreosStream } from './index.ts';

export const coreosStreamStage = filesStage({
  driver,
  start: () => startCoreosStream(),
  bed: coreosStreamBed,
  address: (origin) => `${origin}/images/stable.json`,
  behind: (origin) => ({ mirror: `${origin}/` }),
  hostileRecord: {
    texts: ['name'],
    others: ['sha256', 'uncompressed-sha256', 'signature'],
    isName: (text) => text.length < 250 && text !== '' && !/\p{Surrogate}/u.test(text),
  },
});
