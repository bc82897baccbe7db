import type { ImageRecord, PlaceState } from '../../core/image.ts';
import type { Job, JobState } from '../../core/job.ts';
import type { JobOperation } from '../../core/job-operation.ts';
import type { OpenstackClient } from './client.ts';
import { readRecord } from './images.ts';
import { failedIn, importingTo } from './record.ts';
import { newestTask, type GlanceTask } from './tasks.ts';

/** Glance imports and copies as tasks, which nobody can cancel. */
export const jobs: JobOperation<OpenstackClient> = {
  async look(client, job, call) {
    if (job.image === undefined) return { state: 'unknown' };
    // The task first: once it has ended, the image read after it shows all that came of it.
    const found = await newestTask(client, job.image, call);
    const image = await readRecord(client, job.image, call);
    if (hasFallenBack(client, image) && found === 'secret') return { state: 'failed', image, message: untold };
    const task = found === 'secret' ? undefined : found;
    if (task?.state === 'running') return { state: 'running', image: underWay(image), ...worded(task.message) };
    return job.verb === 'replicate' ? copied(image, task) : imported(image, task, job);
  },

  behind(id, image) {
    if (!image) return [];
    if (image.status === 'queued' || image.status === 'pending') return [{ verb: 'import', image: id }];
    return image.places.every(isActive) ? [] : [{ verb: 'replicate', image: id }];
  },
};

const silent = 'the import failed; the image service does not say why (see its log)';
const untold = 'the import failed; why is not known, because its tasks cannot be read';

const isActive = ({ status }: PlaceState): boolean => status === 'active';
const worded = (message: string | undefined): { readonly message?: string } => (message === undefined ? {} : { message });

/** Without its task, that an import has failed shows only in that the image was at work and is not any more. */
function hasFallenBack(client: OpenstackClient, image: ImageRecord): boolean {
  if (image.status === 'pending') client.atWork.add(image.id);
  return image.status === 'queued' && client.atWork.has(image.id);
}

/** What failed before is tried again: until the task has begun, the image still shows how the one before it ended. */
const underWay = (image: ImageRecord): ImageRecord => ({
  ...image,
  places: image.places.map((place) => (place.status === 'failed' ? { ...place, status: 'pending' } : place)),
});

/** The record alone lies: right after an import was taken it shows the old state, and one that failed falls back to `queued`. */
function imported(image: ImageRecord, task: GlanceTask | undefined, { since }: Job): JobState {
  const taskFailed = task?.state === 'failure';
  // Of another run it may be the data itself that is on its way, after an import that failed.
  const isOver = image.status === 'queued' || (since !== undefined && taskFailed && image.status === 'pending');
  if (isOver && (taskFailed || failedIn(image.raw).length > 0))
    return { state: 'failed', image, message: (taskFailed ? task.message : undefined) ?? silent };
  return { state: task ? 'done' : 'unknown', image };
}

/** A failed task may leave `os_glance_importing_to_stores` filled: what it names then is lost. */
function copied(image: ImageRecord, task: GlanceTask | undefined): JobState {
  const failed = failedIn(image.raw);
  const taskFailed = task?.state === 'failure';
  if (!taskFailed && failed.length === 0) return { state: task ? 'done' : 'unknown', image };
  const message = (taskFailed ? task.message : undefined) ?? silent;
  const lost = new Set([...failed, ...(taskFailed ? importingTo(image.raw) : [])]);
  const places = image.places.map((place) =>
    !isActive(place) && lost.has(place.name) ? { ...place, status: 'failed' as const, message } : place,
  );
  return { state: 'failed', image: { ...image, places }, message };
}
