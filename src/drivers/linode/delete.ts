import type { Operation } from '../../core/operation.ts';
import { deleteImage, type LinodeClient } from './client.ts';
import { requireChangeable } from './fields.ts';

/** Named so because `delete` is a word of the language. */
export const remove: Operation<LinodeClient, 'delete'> = {
  async run(client, { id }, call) {
    requireChangeable(id, 'delete');
    await deleteImage(client, id, `deleting ${id}`, call);
  },
};
