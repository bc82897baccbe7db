import driver from '../../../src/drivers/aws/index.ts';
import { ec2Error, startAws, type RunningAws } from '../../clouds/aws/index.ts';
import { conformance } from '../../conformance/suite.ts';

const disk = 'snap-0123456789abcdef0';

async function inPages(): Promise<RunningAws> {
  const cloud = await startAws();
  cloud.store.settings.pageSize = 20;
  cloud.store.addSnapshot({ id: disk, region: 'us-east-1', gib: 1 });
  return cloud;
}

const errorBody = (words: string): string => ec2Error('TestsSay', words);

conformance(driver, {
  cloud: { wire: true, start: inPages },
  missingId: 'ami-0dead0dead0dead00',
  disk,
  partner: '444455556666',
  errorBody,
  exceptions: {
    'keeps the record as it came over the wire': 'it comes as XML; record.test.ts has what becomes of it',
    'makes two images of one name': 'a second one of a name is refused; copies alone may share one',
    'sets and removes properties, and leaves the others':
      'a tag without a value is a tag, and one with a value a property; tags.test.ts has the rest of it',
  },
});
