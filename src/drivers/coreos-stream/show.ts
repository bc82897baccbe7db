import type { Operation } from '../../core/operation.ts';
import type { CoreosClient } from './client.ts';
import { findImage } from './find.ts';
import { recordFrom } from './record.ts';

export const show: Operation<CoreosClient, 'show'> = {
  run: async (client, { id }, call) => recordFrom(client, await findImage(client, id, call)),
};
