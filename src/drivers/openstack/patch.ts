import { editableFields } from '../../core/changes.ts';
import { conflictError } from '../../core/errors.ts';
import { requireNoConflict, requireApplied } from '../../core/conflict.ts';
import type { Operation } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { steps, type Step } from './description.ts';
import { patchImage, readImage } from './images.ts';
import { recordFrom } from './record.ts';
import { isForbidden } from './errors.ts';

export const patch: Operation<OpenstackClient, 'patch'> = {
  fields: editableFields,
  async run(client, { id, changes, basis }, call) {
    const image = await readImage(client, id, call);
    if (basis) requireNoConflict(basis, recordFrom(image), changes);
    const wanted = steps(image, changes);
    if (wanted.length === 0) return recordFrom(image);
    // Oddity: there is no ETag, and tags are written as a whole: they are made from what is there right before each try.
    // Every other step sets one field and leaves the rest alone.
    const stepsNow = async (): Promise<readonly Step[]> => {
      const now = await readImage(client, id, call);
      requireNoConflict(basis ?? recordFrom(image), recordFrom(now), changes);
      return steps(now, changes);
    };
    const writesTags = wanted.some(({ path }) => path === '/tags');
    try {
      const after = recordFrom(await patchImage(client, id, writesTags ? stepsNow : wanted, call));
      requireApplied(id, after, changes);
      return after;
    } catch (error) {
      const reshaped = wanted.some(({ path }) => path === '/disk_format' || path === '/container_format');
      // Oddity: the state is what forbids it, yet the answer is 403.
      if (isForbidden(error) && reshaped && image.status !== 'queued')
        throw conflictError(error.message, {
          ...error.circumstances,
          cause: error,
          hint: 'Upload it again in that format: formats can be changed only while the image is queued.',
        });
      throw error;
    }
  },
};
