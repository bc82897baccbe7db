import driver from '../../../src/drivers/oci/index.ts';
import { ociCloud, ociErrorBody } from '../../clouds/oci/index.ts';
import { conformance } from '../../conformance/suite.ts';

const notThere = 'a 404 in the form of the specification is "not there", whatever it says; oci-registries.test.ts has it';
/** The format cannot be changed once there is data: the sample is what the suite's images have. */
const samples = { diskFormat: 'qcow2' };
const exceptions = {
  'keeps the record as it came over the wire':
    'raw is manifest and record together, which come in two answers; oci-images.test.ts compares both',
  'stops asking when nobody reads on':
    'an image takes two requests, and sixteen are read at once; oci-images.test.ts counts them',
  'does not know a place that is not there':
    'a registry makes a repository when the first image comes to it; oci-places.test.ts has what it does refuse',
  "show: 404 with the provider's words": notThere,
  "list: 404 with the provider's words": notThere,
};

conformance(driver, { cloud: ociCloud({ pageLength: 25 }), errorBody: ociErrorBody, samples, exceptions });

conformance(driver, {
  title: 'oci keeps the contract on a registry that knows offsets, compares tags, and wants chunks',
  cloud: {
    wire: true,
    async start() {
      const cloud = await ociCloud({
        checksOffsets: true,
        comparesTags: true,
        relativeLocations: true,
        auth: 'basic',
        pageLength: 20,
        leastChunk: 128 * 1024,
      }).start();
      return { ...cloud, values: { ...cloud.values, chunkSize: '64KiB' } };
    },
  },
  errorBody: ociErrorBody,
  samples,
  exceptions,
});
