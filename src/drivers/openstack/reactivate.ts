import type { Operation } from '../../core/operation.ts';
import { act } from './action.ts';
import type { OpenstackClient } from './client.ts';

export const reactivate: Operation<OpenstackClient, 'reactivate'> = {
  run: (client, { id }, call) => act(client, id, 'reactivate', call),
};
