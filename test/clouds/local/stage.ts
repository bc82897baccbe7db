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
  // Registries keep images in the same form, and all of its fields are tried there.
  hostileRecord: { ...ociStage.hostileRecord, others: ['status', 'tags', 'createdAt', 'sizeBytes', 'name'] },
  samples: { place: 'second' },
};
