import type { Operation } from '../../core/operation.ts';
import { act } from './action.ts';
import type { OpenstackClient } from './client.ts';

/** Glance lets the owner do it by default; where a site's policy does not, its refusal is passed on. */
export const deactivate: Operation<OpenstackClient, 'deactivate'> = {
  // Its data is 403 for everybody but an administrator.
  force: 'hard',
  run: (client, { id }, call) => act(client, id, 'deactivate', call),
};
