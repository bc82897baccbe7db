import type { Operation } from '../../core/operation.ts';
import { readImage, type IncusClient } from './client.ts';

export const show: Operation<IncusClient, 'show'> = {
  run: async (client, { id }, call) => readImage(client, id, call),
};
