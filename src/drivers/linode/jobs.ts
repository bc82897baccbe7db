import { notFoundError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import { given, type ImageRecord } from '../../core/image.ts';
import type { Job, JobState } from '../../core/job.ts';
import type { JobOperation } from '../../core/job-operation.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import { readImage, type LinodeClient } from './client.ts';
import { hasEvents, isEventful, outcomeOf, type EventOutcome } from './events.ts';

/** Linode works on after an upload, an imaging and a replication. There is no call to cancel any of it; to delete the image ends it. */
export const jobs: JobOperation<LinodeClient> = {
  async look(client, job, call) {
    const { image: id, verb } = job;
    if (id === undefined) return { state: 'unknown' };
    let image: ImageRecord;
    try {
      image = await readImage(client, id, call);
    } catch (error) {
      if (isNoSuchImage(error) && hasEvents(verb)) return vanished(client, id, job, call);
      throw error;
    }
    if (verb === 'replicate') return replication(image);
    if (!hasEvents(verb)) return { state: 'unknown', image };
    if (image.status === 'active') return { state: 'done', image };
    return { ...told(await outcomeOf(client, id, verb, call), job), image };
  },

  behind(id, image) {
    if (!image) return isEventful(id) ? [...verbBehind.values()].map((verb) => ({ verb, image: id })) : [];
    const verb = verbBehind.get(image.providerStatus);
    return verb ? [{ verb, image: id }] : [];
  },
};

/** The verb that leads to a state which is passed through once. */
const verbBehind: ReadonlyMap<string, OperationName> = new Map([
  ['pending_upload', 'upload'],
  ['creating', 'create'],
]);

/**
 * Oddity: an image whose upload or imaging failed keeps its status for good; only the events tell.
 * Oddity: `pending_upload` also means that the bytes are there and being processed. There is an event as soon as there are bytes,
 * and a job is begun with them; of another run's nobody knows.
 */
function told(outcome: EventOutcome | undefined, { since }: Job): JobState {
  if (!outcome) return { state: since === undefined ? 'unknown' : 'running' };
  return { state: outcome.hasFailed ? 'failed' : 'running', ...given<JobState>(outcome.progress) };
}

/** No event marks the end of a replication: the image's regions tell. */
function replication(image: ImageRecord): JobState {
  if (image.places.some(({ status }) => status === 'pending')) return { state: 'running', image };
  const failed = image.places.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return { state: 'done', image };
  return { state: 'failed', image, message: failed.map(({ name, providerStatus }) => `${name}: ${providerStatus}`).join(', ') };
}

/** Oddity: Linode deletes the record of an upload that it cannot use: of work that this account began, not there means failed. */
async function vanished(client: LinodeClient, id: string, { verb, since }: Job, call: Call): Promise<JobState> {
  const outcome = await outcomeOf(client, id, verb, call);
  const reason = outcome?.progress.message;
  if (outcome?.hasFailed) return { state: 'failed', message: reason ?? 'Linode gives no reason' };
  if (since === undefined) throw notFoundError(`image "${id}" not found`);
  const usual = 'Linode has removed the image, as it does when it cannot use the data or when none came in 24 h';
  return { state: 'failed', message: reason ?? usual };
}
