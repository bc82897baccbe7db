import { given, type ImageRecord } from '../../core/image.ts';
import type { JobState } from '../../core/job.ts';
import type { JobOperation } from '../../core/job-operation.ts';
import type { OperationName } from '../../core/operation.ts';
import type { RancherClient } from './client.ts';
import { readRecord } from './show.ts';

/** Changes of state go on as processes, which nobody can cancel; the record itself tells how they go. */
export const jobs: JobOperation<RancherClient> = {
  async look(client, { image, verb }, call) {
    return image === undefined ? { state: 'unknown' } : stateOf(await readRecord(client, image, call), verb);
  },
};

/** Where an image comes to rest when the work of a verb went well. */
const restAfter: Readonly<Partial<Record<OperationName, readonly string[]>>> = {
  create: ['active', 'inactive'],
  reactivate: ['active'],
  deactivate: ['inactive'],
  restore: ['inactive'],
  delete: ['removed', 'purged'],
  purge: ['purged'],
};
const atRest = ['active', 'inactive', 'removed', 'purged'];

/** An image that rests, but not where the work leads: somebody or something else got in between. */
function stateOf(image: ImageRecord, verb: OperationName): JobState {
  const wanted = restAfter[verb] ?? atRest;
  const { providerStatus: state, progress = {} } = image;
  if (image.status === 'failed') return { state: 'failed', image, ...given<JobState>({ message: progress.message }) };
  if (!atRest.includes(state)) return { state: 'running', image, ...given<JobState>(progress) };
  if (wanted.includes(state)) return { state: 'done', image };
  return { state: 'failed', image, message: `ended up ${state} instead of ${wanted.join(' or ')}` };
}
