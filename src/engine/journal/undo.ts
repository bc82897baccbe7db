import { conflictError, ImgctlError, unsupportedError } from '../../core/errors.ts';
import { isNoSuchImage } from '../../core/answer-error.ts';
import { commandLine } from '../../core/hint.ts';
import type { Call } from '../../core/operation.ts';
import type { EngineContext } from '../context.ts';
import { removeMade } from '../operations/rollback.ts';
import { candidates } from '../images/resolve.ts';
import type { WaitLimits } from '../../core/poll.ts';
import { waitFor } from '../operations/wait.ts';
import type { LeftImage } from './find-left.ts';
import { journalFolder, openRun } from './journal-folder.ts';
import type { Run } from './run-state.ts';

/** Whether undoing it takes something away. `isForced`: also what is whole, and sure to be the run's. */
export const isRemovable = (found: LeftImage, isForced: boolean): boolean =>
  found.is === 'unfinished' || found.is === 'places' || found.is === 'parts' || (found.is === 'whole' && isForced);

/** What undoing has come to: in words. */
type Undone = 'removed' | 'already gone' | 'unreachable; the provider expires it';

/**
 * Takes away at the provider what a run has left, if it is sure to be that. Throws CONFLICT for what may be in use, was there
 * before, or may be somebody else's; what keeps it from going else.
 */
export async function undo(
  found: LeftImage,
  options: { readonly isForced: boolean; readonly limits: WaitLimits; readonly call: Call },
): Promise<Undone> {
  if (found.is === 'gone') return 'already gone';
  if (found.is === 'unknown') throw found.reason;
  const { call, limits } = options;
  if (found.is === 'parts') return dropParts(found, call);
  if (found.is === 'candidates' || found.is === 'likely' || !isRemovable(found, options.isForced)) throw refusal(found);
  const { at, image } = found;
  if (found.is === 'places') {
    const request = { id: image.id, add: [], remove: found.places };
    await at.maybe('replicate')?.run(request, call);
    return 'removed';
  }
  const { job } = found.left;
  // What is being worked on may not be deleted, and what the job makes would come back.
  if (job && image.status === 'pending') await at.cancel?.(job, call);
  if (!(await removeMade(at, image.id, call)))
    throw unsupportedError(`${at.provider} deletes nothing: ${image.id} stays`, { profile: at.profile, provider: at.provider });
  if (at.maybe('delete')?.later) await waitFor(at, image.id, { gone: true }, { limits, call });
  return 'removed';
}

/** Lets go of an upload of which no image was made. */
async function dropParts({ at, ref, left }: LeftImage & { is: 'parts' }, call: Call): Promise<Undone> {
  const { name = '' } = left.action;
  const request = { description: { name }, content: { encoding: { format: 'raw' }, repeatable: false }, extras: {} } as const;
  try {
    const verb = at.maybe('upload');
    if (verb?.abandon) await verb.abandon(ref, call);
    else await (await verb?.resume?.(ref, request, call))?.abort(call);
    return 'removed';
  } catch (error) {
    if (!isNoSuchImage(error)) throw error;
    // A registry knows an upload only by the name that its last answer gave, which a dead run may not have heard.
    return 'unreachable; the provider expires it';
  }
}

function refusal(found: Exclude<LeftImage, { is: 'gone' | 'unknown' | 'parts' }>): ImgctlError {
  const { profile, provider } = found.at;
  if (found.is === 'candidates' || found.is === 'likely') {
    const images = 'image' in found ? [found.image] : found.images;
    const [only, ...others] = images;
    const image = only && others.length === 0 ? only.id : 'ID';
    return conflictError(`which image the run made in ${profile} is not known. It may be one of these:`, {
      profile,
      provider,
      hint: [...candidates(images), `Delete it with: ${commandLine({ verb: 'delete', image }, found.at)}`].join('\n'),
    });
  }
  const { id, name, status } = found.image;
  const removing = commandLine({ verb: 'delete', image: id }, found.at);
  const about = { profile, provider, leftover: id };
  if (found.is === 'earlier')
    return conflictError(`image ${id} (${name}) was there before the run, and is ${status}: it is kept`, {
      ...about,
      hint: `Delete it with: ${removing}`,
    });
  return conflictError(`image ${id} (${name}) is ${status} and may be in use: it is kept`, {
    ...about,
    hint: `Keep it, or delete it with: ${removing}`,
  });
}

/** Writes into the journal of a run what is not left any more: it was taken away, or was not there. What is kept stays left. */
export const noteUndone = (run: Run, { left }: LeftImage, context: EngineContext): void =>
  noteActions(run, left.action.action, left.places || left.id === undefined ? [] : [left.id], context);

/** Writes into the journal of a run that one of its actions was undone, and which images went by that. */
export function noteActions(run: Run, action: number, gone: readonly string[], context: EngineContext): void {
  const file = openRun(journalFolder(context.home), run.run.id);
  try {
    file.add({
      kind: 'undone',
      at: new Date(context.now()).toISOString(),
      by: context.journal?.opened?.id ?? '',
      gone,
      actions: [action],
    });
  } finally {
    file.close();
  }
}
