import type { Operation } from '../../core/operation.ts';
import type { OciClient } from './client.ts';
import { withPlaces } from './copies.ts';
import { find } from './images.ts';

export const show: Operation<OciClient, 'show'> = {
  run: async (client, { id }, call) => withPlaces(client, await find(client.home, id, call), call),
};
