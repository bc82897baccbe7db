import { afterAll, beforeAll, describe } from 'vitest';
import driver from '../../../src/drivers/incus/index.ts';
import type { Product } from '../../clouds/incus/index.ts';
import { conformance } from '../../conformance/suite.ts';
import { makeCertificates, type Certificates } from '../../support/certificates.ts';
import { titled } from '../daemon.ts';
import { products } from './lab.ts';
import { realIncus } from './real-cloud.ts';
import { missing, startServer, type RealServer } from './server.ts';

const noRecords = 'an image has its data as long as it exists: a record without any cannot be put in';
const exceptions = {
  'makes two images of one name': 'a name leads to one image: a second one is refused it',
  'refuses a record without data': noRecords,
  'sets and removes properties, and leaves the others': 'a property without a value is one that the server does not keep',
};

const common = {
  missingId: 'dead'.padEnd(64, '0'),
  pages: 'none' as const,
  disk: 'c1',
  exceptions,
};

function suites(product: Product): void {
  let server: RealServer;
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = makeCertificates();
    certificates.issue('demo', true);
    server = await startServer(product);
    await server.trust(certificates.text('demo.crt'), ['demo']);
    for (const project of ['default', 'demo']) await server.stoppedInstance('c1', project);
  });
  afterAll(async () => {
    await server.stop();
    certificates.remove();
  });
  conformance(driver, {
    ...common,
    title: `a real ${product}, over its socket`,
    cloud: realIncus(
      () => server,
      () => ({ socket: server.socket }),
    ),
  });
  conformance(driver, {
    ...common,
    title: `a real ${product}, over HTTPS, as a client that may use one project`,
    cloud: realIncus(
      () => server,
      () => ({
        url: server.url,
        project: 'demo',
        serverCert: server.certificate(),
        clientCert: certificates.text('demo.crt'),
        clientKey: certificates.text('demo.key'),
      }),
      'demo',
    ),
  });
}

describe.skipIf(missing !== undefined).each(products)(titled('a real %s', missing), (product) => suites(product));
