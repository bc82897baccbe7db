import type { Operation } from '../../core/operation.ts';
import { readImage, type LinodeClient } from './client.ts';

export const show: Operation<LinodeClient, 'show'> = {
  run: async (client, { id }, call) => readImage(client, id, call),
};
