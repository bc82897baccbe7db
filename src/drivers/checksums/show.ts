import type { Operation } from '../../core/operation.ts';
import type { ChecksumsClient } from './client.ts';
import { findImage } from './find.ts';
import { recordFrom } from './record.ts';

export const show: Operation<ChecksumsClient, 'show'> = {
  async run(client, { id }, call) {
    const { image } = await findImage(client, id, call);
    return recordFrom(client, image, new Date().toISOString().slice(0, 10));
  },
};
