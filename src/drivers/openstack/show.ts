import type { Operation } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { readRecord } from './images.ts';
import { newestTask, outcome } from './tasks.ts';

/** Verbs whose work goes on as a task of Glance's after the answer. */
const tasked: readonly string[] = ['import', 'replicate', 'upload', 'create'];

export const show: Operation<OpenstackClient, 'show'> = {
  async run(client, { id, awaiting }, call) {
    if (!awaiting || !tasked.includes(awaiting.verb)) return readRecord(client, id, call);
    // The task first: once it has ended, the image read after it shows all that came of it.
    const task = await newestTask(client, id, call);
    return outcome(await readRecord(client, id, call), task, awaiting.verb);
  },
};
