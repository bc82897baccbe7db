import { isNoSuchImage, notFoundError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, Operation, OperationName, Work } from '../../core/operation.ts';
import { readImage, type LinodeClient } from './client.ts';
import { hasEvents, outcomeOf } from './events.ts';

export const show: Operation<LinodeClient, 'show'> = {
  async run(client, request, call) {
    const { id, awaiting } = request;
    if (!awaiting || (awaiting.verb !== undefined && !hasEvents(awaiting.verb))) return readImage(client, id, call);
    let record: ImageRecord;
    try {
      record = await readImage(client, id, call);
    } catch (error) {
      if (isNoSuchImage(error)) return vanished(client, id, awaiting, call);
      throw error;
    }
    return record.status === 'active' ? record : withOutcome(client, record, awaiting, call);
  },
};

/** The verb that led to a state which is passed through once: by its word, where nobody knows who began the work. */
const verbBehind: Readonly<Record<string, OperationName>> = { pending_upload: 'upload', creating: 'create' };

/**
 * Oddity: an image whose upload or imaging failed keeps its status for good; only the events tell.
 * Oddity: `pending_upload` also means that the bytes are there and being processed, which is what an awaited upload is.
 */
async function withOutcome(client: LinodeClient, record: ImageRecord, awaiting: Work, call: Call): Promise<ImageRecord> {
  const verb = awaiting.verb ?? verbBehind[record.providerStatus];
  const outcome = verb && (await outcomeOf(client, record.id, verb, call));
  // There is an event as soon as there are bytes.
  const hasBytes = awaiting.verb !== undefined || outcome !== undefined;
  const status = outcome?.hasFailed ? 'failed' : record.status === 'queued' && hasBytes ? 'pending' : record.status;
  const progress = outcome && Object.keys(outcome.progress).length > 0 ? { progress: outcome.progress } : {};
  return { ...record, status, ...progress };
}

/** Oddity: Linode deletes the record of an upload that it cannot use: while one is awaited, not there means failed. */
async function vanished(client: LinodeClient, id: string, awaiting: Work, call: Call): Promise<ImageRecord> {
  const verbs = awaiting.verb === undefined ? (['upload', 'create'] as const) : [awaiting.verb];
  const outcomes = await Promise.all(verbs.map((verb) => outcomeOf(client, id, verb, call)));
  const outcome = outcomes.find((one) => one !== undefined);
  if (awaiting.verb === undefined) {
    const reason = outcome?.hasFailed ? (outcome.progress.message ?? 'Linode gives no reason') : undefined;
    throw notFoundError(`image "${id}" not found`, reason === undefined ? {} : { hint: `Creating it failed: ${reason}` });
  }
  const message =
    outcome?.progress.message ?? 'Linode has removed the image, as it does when it cannot use the data or when none came in 24 h';
  return {
    id,
    name: outcome?.label ?? '',
    status: 'failed',
    providerStatus: 'not found',
    tags: [],
    properties: {},
    places: [],
    progress: { message },
    raw: {},
  };
}
