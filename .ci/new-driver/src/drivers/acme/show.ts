import type { Operation } from '../../core/operation.ts';
import { imagePath, read, type AcmeClient } from './client.ts';
import { recordFrom } from './record.ts';

export const show: Operation<AcmeClient, 'show'> = {
  /** Throws NOT_FOUND when the image is not there, or not the caller's to see. */
  async run(client, { id }, call) {
    const what = `reading ${id}`;
    return recordFrom(await read(client, imagePath(id), what, call), what);
  },
};
