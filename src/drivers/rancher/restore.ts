import type { Operation } from '../../core/operation.ts';
import { act } from './action.ts';
import type { RancherClient } from './client.ts';

/** A restored image is inactive, whatever it was before it was removed. */
export const restore: Operation<RancherClient, 'restore'> = {
  later: true,
  run: (client, request, call) => act(client, request.id, 'restore', call),
};
