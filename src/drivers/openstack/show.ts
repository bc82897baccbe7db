import type { Operation } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { readImage } from './images.ts';
import { imageRecord } from './record.ts';
import { newestTask, outcome } from './tasks.ts';

/** Verbs whose work goes on as a task of Glance's after the answer. */
const tasked: readonly string[] = ['import', 'replicate', 'upload', 'create'];

export const show: Operation<OpenstackClient, 'show'> = {
  async run(client, { id, awaiting }, call) {
    const wire = await readImage(client, id, call);
    const record = imageRecord(wire);
    if (!awaiting || !tasked.includes(awaiting.verb)) return record;
    const settled = record.status === 'active' && wire.os_glance_import_task === undefined;
    if (settled && awaiting.verb !== 'replicate') return record;
    return outcome(record, await newestTask(client, id, call), awaiting.verb);
  },
};
