import driver from '../../../src/drivers/openstack/index.ts';
import { glanceErrorBody, openstackCloud } from '../../clouds/openstack/index.ts';
import { conformance } from '../../conformance/suite.ts';

/** Formats cannot be changed once there is data: the suite's samples are what its images have already. */
const samples = { diskFormat: 'raw', containerFormat: 'bare' };

const laterExtras = { upload: { importMethod: 'glance-direct' } };

const importUrl = 'https://images.example/disk.raw';

/** By default Glance lets nobody else copy images between stores: that part of the suite is the administrator's. */
const adminOnly = 'copy-image is refused to plain members (Image API v2, "Import image"; policy copy_image)';

conformance(driver, {
  cloud: openstackCloud('demo'),
  errorBody: glanceErrorBody,
  samples,
  laterExtras,
  importUrl,
  idle: { replicate: adminOnly },
  exceptions: {
    'adds a place, keeps those that were not named, and takes it away again': adminOnly,
    'sets exactly the places that were named': adminOnly,
  },
});

conformance(driver, {
  title: 'openstack keeps the contract, as an administrator',
  cloud: openstackCloud('root'),
  errorBody: glanceErrorBody,
  samples,
  laterExtras,
  importUrl,
  seesEverybody: true,
  exceptions: {
    'refuses the data of a blocked image':
      'Glance lets administrators read deactivated images (Image API v2, "Deactivate image")',
  },
});
