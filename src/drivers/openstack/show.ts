import type { Operation } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { readRecord } from './images.ts';

export const show: Operation<OpenstackClient, 'show'> = {
  run: (client, { id }, call) => readRecord(client, id, call),
};
