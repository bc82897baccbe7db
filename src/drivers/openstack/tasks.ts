import { ImgctlError } from '../../core/errors.ts';
import type { ImageRecord } from '../../core/image.ts';
import type { Call, OperationName } from '../../core/operation.ts';
import type { OpenstackClient } from './client.ts';
import { imagePath } from './images.ts';
import { failedIn, importingTo } from './record.ts';
import { objectIn, objectsIn, textIn } from './json.ts';

/** A task of Glance's on one image. `running` covers `pending` and `processing`. */
export interface Task {
  readonly state: 'running' | 'success' | 'failure';
  readonly message?: string;
}

/**
 * The task begun last on an image. Absent: there is none, it has expired (48 h), or this Glance does not tell. `secret`: we
 * may not read it.
 */
export async function newestTask(client: OpenstackClient, id: string, call: Call): Promise<Task | 'secret' | undefined> {
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

const silent = 'the import failed; the image service does not say why (see its log)';
const unread = 'the import failed; why is not known, because its tasks cannot be read';

/**
 * A record with what its newest task tells. The record alone lies: right after an import was taken it still shows the old
 * state, a failed import falls back to `queued`, and a failed task may leave `os_glance_importing_to_stores` filled.
 */
export function outcome(
  client: OpenstackClient,
  record: ImageRecord,
  found: Task | 'secret' | undefined,
  verb: OperationName,
): ImageRecord {
  // Without its task, that an import has failed shows only in that the image was at work and is not any more.
  const wasAtWork = client.atWork.has(record.id);
  if (record.status === 'pending') client.atWork.add(record.id);
  const task = found === 'secret' ? undefined : found;
  if (found === 'secret' && wasAtWork && record.status === 'queued')
    return { ...record, status: 'failed', progress: { message: unread } };
  if (task?.state === 'running') return underWay(record, task);
  const failed = failedIn(record.raw);
  const reason = (task?.state === 'failure' ? task.message : undefined) ?? silent;
  if (verb === 'replicate') return copied(record, task, failed, reason);
  const fellBack = record.status === 'queued' && (task?.state === 'failure' || failed.length > 0);
  return fellBack ? { ...record, status: 'failed', progress: { message: reason } } : record;
}

/** What failed before is tried again: until the task has begun, the image still shows how the one before it ended. */
function underWay(record: ImageRecord, { message }: Task): ImageRecord {
  return {
    ...record,
    ...(record.status === 'queued' ? { status: 'pending' } : {}),
    places: record.places.map((place) => (place.status === 'failed' ? { ...place, status: 'pending' } : place)),
    ...(message === undefined ? {} : { progress: { message } }),
  };
}

function copied(record: ImageRecord, task: Task | undefined, failed: readonly string[], reason: string): ImageRecord {
  if (task?.state !== 'failure' && failed.length === 0) return record;
  const lost = new Set([...failed, ...(task?.state === 'failure' ? importingTo(record.raw) : [])]);
  const places = record.places.map((place) =>
    place.status !== 'active' && lost.has(place.name) ? { ...place, status: 'failed' as const, message: reason } : place,
  );
  // Where no store is named, the image itself has to carry the news, or it would be waited for in vain.
  return lost.size > 0
    ? { ...record, places, progress: { message: reason } }
    : { ...record, status: 'failed', progress: { message: reason } };
}
