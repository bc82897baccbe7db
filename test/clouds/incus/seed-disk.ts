import { qcow2Image } from '../../support/disk-images.ts';
import { seedData } from '../bed-cloud.ts';

/** The disk of the walks as the server keeps it. */
export const seedDisk = qcow2Image(seedData);
