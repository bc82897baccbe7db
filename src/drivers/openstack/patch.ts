import { conflictError } from '../../core/errors.ts';
import type { Operation } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { editableFields } from '../../core/changes.ts';
import { steps } from './description.ts';
import { patchImage, readImage } from './images.ts';
import { imageRecord } from './record.ts';
import { isForbidden } from './words.ts';

export const patch: Operation<OpenstackClient, 'patch'> = {
  fields: editableFields,
  async run(client, { id, changes }, call) {
    const before = await readImage(client, id, call);
    const wanted = steps(before, changes);
    if (wanted.length === 0) return imageRecord(before);
    try {
      return imageRecord(await patchImage(client, id, wanted, call));
    } catch (error) {
      const reshaped = wanted.some(({ path }) => path === '/disk_format' || path === '/container_format');
      // Oddity: the state is what forbids it, yet the answer is 403.
      if (isForbidden(error) && reshaped && before.status !== 'queued')
        throw conflictError(error.message, {
          ...error.circumstances,
          cause: error,
          hint: 'formats can be changed only while the image is queued',
        });
      throw error;
    }
  },
};
