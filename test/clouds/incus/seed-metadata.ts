import { tarImage } from '../../support/disk-images.ts';

/** The metadata of an image that a test puts in: other bytes for each, so that the same disk may be there twice. */
export const seedMetadata = (number: number): Buffer =>
  tarImage(Buffer.from(JSON.stringify({ architecture: 'x86_64', creation_date: number, properties: {} })), 'metadata.yaml');
