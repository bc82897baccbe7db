import { conflictError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { deleteImage, readImage } from './images.ts';
import { isForbidden } from './errors.ts';

export const remove: Operation<OpenstackClient, 'delete'> = {
  async run(client, { id }, call) {
    try {
      await deleteImage(client, id, call);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      // Oddity: a protected image is refused with 403, like one that is not ours.
      const image = await readImage(client, id, call);
      if (image.protected !== true) throw error;
      throw conflictError(error.message, {
        ...error.circumstances,
        cause: error,
        hint: 'Unprotect it with:',
        next: [{ verb: 'patch', image: id, options: { unprotect: true } }],
      });
    }
  },
};
