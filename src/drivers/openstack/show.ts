import type { ImageRecord, PlaceState } from '../../core/image.ts';
import type { Call, Operation } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { readRecord } from './images.ts';
import { newestTask, outcome } from './tasks.ts';

/** Verbs whose work goes on as a task of Glance's after the answer. */
const tasked: readonly string[] = ['import', 'replicate', 'upload', 'create'];

export const show: Operation<OpenstackClient, 'show'> = {
  async run(client, { id, awaiting }, call) {
    if (!awaiting || (awaiting.verb !== undefined && !tasked.includes(awaiting.verb))) return readRecord(client, id, call);
    if (awaiting.verb === undefined) return judged(client, await readRecord(client, id, call), call);
    // The task first: once it has ended, the image read after it shows all that came of it.
    const task = await newestTask(client, id, call);
    return outcome(client, await readRecord(client, id, call), task, awaiting.verb);
  },
};

/** A record that has not come to its end, with what its newest task tells: which verb began it is not known. */
async function judged(client: OpenstackClient, record: ImageRecord, call: Call): Promise<ImageRecord> {
  const isSettled = record.status !== 'queued' && record.status !== 'pending' && record.places.every(isActive);
  if (isSettled) return record;
  const task = await newestTask(client, record.id, call);
  if (record.status === 'queued' || record.status === 'pending') return outcome(client, record, task, 'import');
  const told = outcome(client, record, task, 'replicate');
  // A copy that failed at another time takes nothing from an image that is whole.
  return { ...told, status: record.status };
}

const isActive = ({ status }: PlaceState): boolean => status === 'active';
