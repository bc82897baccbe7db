import { conflictError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { imagePath, readRecord } from './images.ts';
import { isForbidden } from './errors.ts';

/** The state that each leads to. */
const goals = { deactivate: 'inactive', reactivate: 'active' } as const;

/** Does `deactivate` or `reactivate`, unless the image is in that state already. Throws CONFLICT for an image that has no data to block. */
export async function act(client: OpenstackClient, id: string, action: keyof typeof goals, call: Call): Promise<ImageRecord> {
  const before = await readRecord(client, id, call);
  if (before.status === goals[action]) return before;
  try {
    await client.ask(
      { what: `${action.slice(0, -1)}ing image ${id}`, method: 'POST', path: `${imagePath(id)}/actions/${action}`, done: 204 },
      call,
    );
  } catch (error) {
    if (!isForbidden(error)) throw error;
    // Oddity: the wrong state is refused with 403, like the wrong role.
    const { status } = await readRecord(client, id, call);
    if (status === 'active' || status === 'inactive') throw error;
    throw conflictError(error.message, {
      ...error.circumstances,
      cause: error,
      hint: 'Upload its data first: only an image with data can be deactivated or reactivated.',
    });
  }
  return readRecord(client, id, call);
}
