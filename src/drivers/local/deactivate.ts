import type { Operation } from '../../core/operation.ts';
import type { LocalClient } from './client.ts';
import { setStatus } from './status.ts';

export const deactivate: Operation<LocalClient, 'deactivate'> = {
  force: 'hard',
  run: (client, { id }, call) => setStatus(client, id, 'inactive', call),
};
