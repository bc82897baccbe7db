import { ImgctlError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import { given, type Image, type Progress } from '../../core/image.ts';
import type { Job, JobState } from '../../core/job.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';

/** Whether a job has ended without doing what it was begun for. */
export const hasFailed = ({ state }: JobState): boolean => state === 'failed' || state === 'cancelled';

/**
 * An image with what a job tells of it: that it has failed or goes on, although its record still shows the state before. A job that
 * failed takes nothing from an image that is whole.
 */
export function toldBy(state: JobState, image: Image): Image {
  if (state.state === 'unknown' || state.state === 'done') return image;
  const progress = given<Progress>({ percent: state.percent, message: state.message });
  const isOnItsWay = image.status === 'queued' || image.status === 'pending';
  const status = !isOnItsWay ? image.status : hasFailed(state) ? 'failed' : 'pending';
  return { ...image, status, ...(Object.keys(progress).length > 0 ? { progress } : {}) };
}

/** The image with what is told of the work that another run may have begun on it; where nothing goes on, nobody is asked. */
export async function withJobBehind(at: Account, image: Image, call: Call): Promise<Image> {
  const [job] = at.behind(image.id, image);
  if (!job) return image;
  const state = await at.look(job, call);
  return toldBy(state, state.image ?? image);
}

/** That there is no such image, with the reason why it was not made where its provider still knows of the job that was to make it. */
export async function withReason(error: ImgctlError, at: Account, id: string, call: Call): Promise<ImgctlError> {
  const states = await Promise.all(at.behind(id).map((job) => lookedAt(at, job, call)));
  const reason = states.find((state) => state && hasFailed(state))?.message;
  return reason === undefined ? error : error.with({ hint: `Creating it failed: ${reason}` });
}

async function lookedAt(at: Account, job: Job, call: Call): Promise<JobState | undefined> {
  try {
    return await at.look(job, call);
  } catch (error) {
    if (error instanceof ImgctlError && isNoSuchImage(error)) return undefined;
    throw error;
  }
}
