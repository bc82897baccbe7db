import driver from '../../../src/drivers/coreos-stream/index.ts';
import { errorPage } from '../../clouds/file-server.ts';
import { startCoreosStream } from '../../clouds/coreos-stream/index.ts';
import { conformance } from '../../conformance/suite.ts';

conformance(driver, {
  cloud: { wire: true, start: () => startCoreosStream() },
  errorBody: errorPage,
  missingId: 'stable/x86_64/44.20260102.3.0/nowhere.img',
  pages: 'none',
  exceptions: {
    'refuses a record without data': 'what is published has its data: a record without any cannot be put in',
    'tells own images from all': 'everything is public and nothing is own; stream.test.ts has which of it is usually meant',
  },
});
