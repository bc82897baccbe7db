import { describe, inject, it } from 'vitest';
import driver from '../../src/drivers/openstack/index.ts';
import { conformance } from '../conformance/suite.ts';
import { realCloud } from './real-cloud.ts';

const bed = inject('bed');
const samples = { diskFormat: 'raw', containerFormat: 'bare' };
const pollMs = 100;
const adminOnly = 'copy-image is refused to plain members by default; the administrator runs it below';
const laterExtras = { upload: { importMethod: 'glance-direct' } };
const ownTests = 'openstack-imports has URLs that can be had there';

if ('missing' in bed) {
  it.skip(`no real Glance: ${bed.missing}`);
} else {
  conformance(driver, {
    title: 'a real Glance, as a plain member',
    cloud: realCloud(bed, 'demo'),
    samples,
    laterExtras,
    idle: { import: ownTests, replicate: adminOnly },
    pollMs,
    ...(bed.projects.alt === undefined ? {} : { partner: bed.projects.alt }),
    exceptions: {
      'adds a place, keeps those that were not named, and takes it away again': adminOnly,
      'sets exactly the places that were named': adminOnly,
    },
  });
  describe('administrator', () => {
    conformance(driver, {
      title: 'a real Glance, as its administrator',
      cloud: realCloud(bed, 'admin'),
      samples,
      laterExtras,
      idle: { import: ownTests },
      seesEverybody: true,
      pollMs,
      exceptions: { 'refuses the data of a blocked image': 'Glance lets administrators read deactivated images' },
    });
  });
}
