import driver from '../../../src/drivers/simplestreams/index.ts';
import { errorPage } from '../../clouds/file-server.ts';
import { startSimplestreams } from '../../clouds/simplestreams/index.ts';
import { conformance } from '../../conformance/suite.ts';

conformance(driver, {
  cloud: {
    wire: true,
    /** One document alone, so that a list is one request. */
    async start() {
      const cloud = await startSimplestreams();
      return { ...cloud, values: { ...cloud.values, url: `${cloud.origin}/streams/v1/download.json` } };
    },
  },
  errorBody: errorPage,
  missingId: 'com.example:server:dead:amd64/20260102/disk1.img',
  pages: 'none',
  exceptions: {
    'refuses a record without data': 'what is published has its data: a record without any cannot be put in',
    'tells own images from all': 'everything is public and nothing is own; streams.test.ts has which of it is usually meant',
  },
});
