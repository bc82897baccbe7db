import type { Operation } from '../../core/operation.ts';
import type { LocalClient } from './client.ts';
import { showImage } from './copies.ts';

export const show: Operation<LocalClient, 'show'> = {
  run: (client, { id }, call) => showImage(client, id, call),
};
