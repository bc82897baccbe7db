import type { Operation } from '../../core/operation.ts';
import { act } from './action.ts';
import type { RancherClient } from './client.ts';

export const reactivate: Operation<RancherClient, 'reactivate'> = {
  later: true,
  run: (client, request, call) => act(client, request.id, 'activate', call),
};
