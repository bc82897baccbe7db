import type { Operation } from '../../core/operation.ts';
import { act } from './action.ts';
import type { RancherClient } from './client.ts';

export const deactivate: Operation<RancherClient, 'deactivate'> = {
  run: (client, request, call) => act(client, request.id, 'deactivate', call),
};
