import { ImgctlError } from '../../core/errors.ts';
import type { EngineContext } from '../context.ts';
import type { WaitLimits } from '../../core/poll.ts';
import { waitFor } from '../operations/wait.ts';
import { findLeft } from './find-left.ts';
import type { LeftImage } from './find-left.ts';

/** What there is once everything that works at the providers has come to rest. */
export async function waitedFor(
  found: readonly LeftImage[],
  limits: WaitLimits,
  context: EngineContext,
): Promise<readonly LeftImage[]> {
  if (context.settings.dryRun) return found;
  const atWork: FoundRecord[] = [];
  for (const one of found) if (isRecord(one) && (await isAtWork(one, context))) atWork.push(one);
  if (atWork.length === 0) return found;
  for (const one of atWork) {
    const { at, image, left } = one;
    const task = context.task(`wait for ${image.name}`);
    const wait = { limits, call: context.call(), task, job: left.job };
    await waitFor(at, image.id, { status: ['active', 'inactive'] }, wait).catch(toRest);
    task.done();
  }
  const again = await findLeft(
    atWork.map(({ left }) => left),
    context,
  );
  return found.map((one) => again[atWork.findIndex((other) => other === one)] ?? one);
}

/**
 * Whether its provider may be at work on a record. One from before the run that looks so may have looked so then: what waits for an
 * import is at work only where a job says so.
 */
async function isAtWork({ is, at, image, left }: FoundRecord, context: EngineContext): Promise<boolean> {
  if (image.status !== 'pending') return false;
  if (is !== 'earlier' || left.action.verb !== 'import' || left.job) return true;
  const [job] = at.behind(image.id, image);
  return job !== undefined && (await at.look(job, context.call())).state === 'running';
}

type FoundRecord = Extract<LeftImage, { readonly is: 'unfinished' | 'whole' | 'likely' | 'earlier' }>;

const isRecord = (found: LeftImage): found is FoundRecord => found.is === 'unfinished' || found.is === 'earlier';

/** It came to rest as a record without data, which can be filled. */
function toRest(error: unknown): void {
  if (!(error instanceof ImgctlError) || error.code !== 'CONFLICT') throw error;
}
