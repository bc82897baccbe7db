import driver from '../../../src/drivers/incus/index.ts';
import { incusErrorBody, startIncus, type Product, type RunningIncus } from '../../clouds/incus/index.ts';
import { conformance } from '../../conformance/suite.ts';

const noRecords = 'an image has its data as long as it exists: a record without any cannot be put in';
const exceptions = {
  'makes two images of one name': 'a name leads to one image: a second one is refused it',
  'refuses a record without data': noRecords,
  'sets and removes properties, and leaves the others':
    'a property without a value is one that the server does not keep, and is refused; images.test.ts has the rest of it',
  'tells own images from all': 'what is public in a project is still its own; images.test.ts has who sees what',
};

async function withInstance(product: Product): Promise<RunningIncus> {
  const cloud = await startIncus({ product });
  cloud.instances.push({ name: 'c1', status: 'Stopped', project: 'default', config: {} });
  return cloud;
}

const of = (product: Product) => ({
  cloud: { wire: true, start: () => withInstance(product) },
  disk: 'c1',
  errorBody: incusErrorBody,
  missingId: 'dead'.padEnd(64, '0'),
  pages: 'none' as const,
  exceptions,
});

conformance(driver, { ...of('incus'), title: 'incus keeps the contract at Incus' });
conformance(driver, { ...of('lxd'), title: 'incus keeps the contract at LXD' });
