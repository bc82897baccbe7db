import { ImgctlError } from '../../core/errors.ts';
import { objectIn, objectsIn } from '../../core/json.ts';
import type { Call } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { imagePath } from './images.ts';
import { textIn } from './json.ts';

/** A task of Glance's on one image. `running` covers `pending` and `processing`. */
export interface GlanceTask {
  readonly state: 'running' | 'success' | 'failure';
  readonly message?: string;
}

/**
 * The task begun last on an image. Absent: there is none, it has expired (48 h), or this Glance does not tell. `secret`: we
 * may not read it.
 */
export async function newestTask(client: OpenstackClient, id: string, call: Call): Promise<GlanceTask | 'secret' | undefined> {
  const answer = await client
    .ask({ what: `reading the tasks of image ${id}`, method: 'GET', path: `${imagePath(id)}/tasks`, welcome: [403, 404] }, call)
    .catch((error: unknown) => {
      // Although we are signed in: by its access rules an application credential may not ask this.
      if (error instanceof ImgctlError && error.circumstances.status === 401) return undefined;
      throw error;
    });
  if (!answer || answer.status === 403) return 'secret';
  if (answer.status !== 200) return undefined;
  const tasks = objectsIn(objectIn(answer.json()).tasks);
  const newest = tasks.toSorted((a, b) => (textIn(b.created_at) ?? '').localeCompare(textIn(a.created_at) ?? ''))[0];
  if (!newest) return undefined;
  const message = textIn(newest.message);
  const state = newest.status === 'success' || newest.status === 'failure' ? newest.status : 'running';
  return { state, ...(message === undefined ? {} : { message }) };
}
