import { conflictError, type ImgctlError } from '../../core/errors.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { Wait } from '../operations/wait.ts';
import { jobOf, mostRuns } from './job-of.ts';
import { isMaking, type Run } from './run-state.ts';
import { runsIn } from './runs.ts';

/** What the journal of this machine knows of an image that is waited for. */
export const begunByRuns = (at: Account, image: string, context: EngineContext): Pick<Wait, 'job' | 'abandoned'> => ({
  job: jobOf(at, image, context),
  abandoned: (seen) => abandonment(at, seen, context),
});

/** That nobody is at work any more on what an image waits for, and how to go on; absent: somebody may be. */
function abandonment({ key, driver }: Account, { id, name }: Image, context: EngineContext): ImgctlError | undefined {
  const run = lastFilling(key, id, context);
  if (!run || (run.state !== 'interrupted' && run.state !== 'failed')) return undefined;
  // What the provider has taken over goes on without the run.
  const left = run.left.find((one) => one.id === id && one.job === undefined);
  if (!left) return undefined;
  const args = [run.run.id];
  const { verb } = left.action;
  const canFill = (verb === 'upload' || verb === 'import') && driver.facts[verb]?.into === true;
  const ended = run.state === 'failed' ? 'has failed' : 'was interrupted';
  return conflictError(`${id} (${name}) is queued, and run ${run.run.id}, which was to fill it, ${ended}`, {
    hint: canFill
      ? `Resume it with: ${commandLine({ verb: 'ops resume', args }, nowhere)}`
      : `Undo it with: ${commandLine({ verb: 'ops undo', args }, nowhere)}`,
  });
}

/** The latest run that made or filled an image of this account; absent: none is known, or the journal cannot be read. */
function lastFilling(key: string, id: string, { home, now, detail }: EngineContext): Run | undefined {
  let looked = 0;
  try {
    for (const run of runsIn(home, now(), detail)) {
      const isIts = run.actions.some(
        ({ action, account, verb, image }) =>
          account === key && isMaking(verb) && (image === id || (run.made.get(action)?.includes(id) ?? false)),
      );
      if (isIts) return run;
      if ((looked += 1) === mostRuns) return undefined;
    }
  } catch (error) {
    // It only tells sooner what the wait would end with.
    detail(error instanceof Error ? error.message : String(error));
  }
  return undefined;
}
