import { describe, it } from 'vitest';
import driver from '../../src/drivers/oci/index.ts';
import { conformance } from '../conformance/suite.ts';
import { missing } from './registry/bed.ts';
import { realRegistry } from './registry/cloud.ts';

const samples = { diskFormat: 'qcow2' };
const exceptions = {
  'keeps the record as it came over the wire':
    'raw is manifest and record together, which come in two answers; drivers/oci/images.test.ts compares both',
  'does not know a place that is not there': 'a registry makes a repository when the first image comes to it',
};

if (missing !== undefined) it.skip(`no real registry: ${missing}`);
else
  describe('a real registry', () => {
    conformance(driver, { title: 'open to everybody', cloud: realRegistry({}), samples, exceptions });
    conformance(driver, {
      title: 'behind a token server, in chunks',
      cloud: realRegistry({ tokens: true }, { chunkSize: '256KiB' }),
      samples,
      exceptions,
    });
  });
