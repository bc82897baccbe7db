import driver from '../../../src/drivers/local/index.ts';
import type { ProviderStage } from '../stage.ts';
import { ociStage } from '../oci/stage.ts';
import { localBed } from './bed.ts';
import { localCloud } from './index.ts';

export const localStage: ProviderStage = {
  driver,
  cloud: localCloud,
  beds: { local: localBed },
  verbLines: [],
  plantedSecrets: [],
  // Both keep images in one form.
  hostileRecord: ociStage.hostileRecord,
  samples: { place: 'second' },
};
