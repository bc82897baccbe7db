import driver from '../../../src/drivers/checksums/index.ts';
import { errorPage } from '../../clouds/file-server.ts';
import { startChecksums } from '../../clouds/checksums/index.ts';
import { conformance } from '../../conformance/suite.ts';

conformance(driver, {
  cloud: { wire: true, start: () => startChecksums() },
  errorBody: errorPage,
  missingId: '0123456789ab/dead.img',
  pages: 'none',
  exceptions: {
    'keeps the record as it came over the wire': 'a checksum file has lines, and no record',
    'refuses a record without data': 'what is published has its data: a record without any cannot be put in',
    'tells own images from all': 'everything is public and nothing is own; listing.test.ts has which of it is usually meant',
  },
});
