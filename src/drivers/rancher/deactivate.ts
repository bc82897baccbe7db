import type { Operation } from '../../core/operation.ts';
import { act } from './action.ts';
import type { RancherClient } from './client.ts';

export const deactivate: Operation<RancherClient, 'deactivate'> = {
  // The image lies in its container registry, and hosts that name it pull it from there.
  force: 'soft',
  later: true,
  run: (client, request, call) => act(client, request.id, 'deactivate', call),
};
