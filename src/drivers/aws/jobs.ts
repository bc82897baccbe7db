import type { ImageRecord } from '../../core/image.ts';
import type { Job, JobState } from '../../core/job.ts';
import type { JobOperation } from '../../core/job-operation.ts';
import type { AwsClient } from './client.ts';
import { readImage } from './show.ts';

/** The record tells how it stands with an image, and its places how it stands with the copies of it. */
function stateOf(image: ImageRecord, { verb }: Job): JobState {
  const places = verb === 'replicate' ? image.places : image.places.slice(0, 1);
  const failed = places.filter(({ status }) => status === 'failed');
  if (failed.length > 0)
    return {
      state: 'failed',
      image,
      message: failed.map(({ name, message }) => `${name}: ${message ?? 'AWS gives no reason'}`).join(', '),
    };
  return { state: places.some(({ status }) => status === 'pending') ? 'running' : 'done', image };
}

export const jobs: JobOperation<AwsClient> = {
  async look(client, job, call) {
    if (job.image === undefined) return { state: 'unknown' };
    if (job.place !== undefined && job.verb !== 'replicate') client.regionOf.set(job.image, job.place);
    return stateOf(await readImage(client, job.image, call), job);
  },
  behind(id, image) {
    if (!image) return [];
    if (image.status === 'pending') return [{ verb: 'upload', image: id }];
    return image.places.some(({ status }) => status === 'pending' || status === 'failed')
      ? [{ verb: 'replicate', image: id }]
      : [];
  },
};
