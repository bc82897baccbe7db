import type { Operation } from '../../core/operation.ts';
import type { LocalClient } from './client.ts';
import { setStatus } from './status.ts';

export const reactivate: Operation<LocalClient, 'reactivate'> = {
  run: (client, { id }, call) => setStatus(client, id, 'active', call),
};
