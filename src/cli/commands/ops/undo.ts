import { abortedError, ImgctlError, partialError } from '../../../core/errors.ts';
import { given, type Image } from '../../../core/image.ts';
import type { ResultRow } from '../../../core/result-row.ts';
import { movedBy, undoMove } from '../../../engine/channels/undo-move.ts';
import { revokedBy, undoRevocation } from '../../../engine/channels/undo-revocation.ts';
import { findLeft, type LeftImage } from '../../../engine/journal/find-left.ts';
import { deletedBy, retiredBy, undoRetirement } from '../../../engine/desired/undo-retirement.ts';
import { isRemovable, noteActions, noteUndone, undo as undoOne } from '../../../engine/journal/undo.ts';
import { noteResumed } from '../../../engine/journal/resume.ts';
import { isOf, type Run } from '../../../engine/journal/run-state.ts';
import { requireEnded, runsIn } from '../../../engine/journal/runs.ts';
import type { WaitLimits } from '../../../core/poll.ts';
import { failedRow } from '../../../engine/operations/result.ts';
import { resultView } from '../../../ui/views/result.ts';
import { waitLimitOptions } from '../../options/wait.ts';
import { defineCommand } from '../../program/command.ts';
import type { Surface } from '../../program/context.ts';
import { many } from '../../program/outcome.ts';
import { isOpen, runArg, runMeant, skipping } from './meant.ts';

export const undo = defineCommand({
  about:
    'Removes at the provider what a run made and did not finish. What is complete by now may be in use, and stays without --force; what ' +
    'was there before the run stays. What a run of prune or apply has retired comes back, until it is deleted when its grace is over. A channel that ' +
    'it has set, moved or deleted is put where it was, unless somebody has moved it since; what it has revoked is no longer so. Without a run: the latest that left something. Asks for confirmation; without a terminal --yes is required.',
  args: runArg,
  options: {
    force: { kind: 'flag', summary: 'also remove images that are complete' },
    ...waitLimitOptions,
  },
  draws: () => resultView,
  needs: {},
  examples: [
    { does: 'what the latest broken run left', type: 'imgctl ops undo --yes' },
    { does: 'what a prune has retired', type: 'imgctl ops undo 20261128-183000-a1b2c3 --yes' },
    { does: 'a channel that was moved by mistake', type: 'imgctl ops undo 20261128-183000-a1b2c3' },
    { does: 'what would be removed', type: 'imgctl ops undo 20261128-183000-a1b2c3 --dry-run' },
  ],
  async run(input, context) {
    const { run, brokenOff } = runToUndo(input.run, context);
    const { id } = run.run;
    requireEnded(run);
    const found = await findLeft(run.left, context);
    const isForced = input.force ?? false;
    await agree(found, isForced, context);
    const isDry = context.settings.dryRun;
    const undone = isDry
      ? found.map((one) => plannedRow(one, isForced))
      : await undoEach(run, found, { isForced, limits: input }, context);
    const rows = [...undone, ...(await putBackEach(run, input, found.length === 0, context))];
    if (isDry) return many(resultView, rows);
    const failed = rows.filter(({ result }) => result === 'failed').length;
    if (context.signal.aborted) await context.report(abortedError('interrupted'));
    else if (failed > 0 && rows.length > 1) await context.report(partialError(`${failed} of ${rows.length} were not undone`));
    if (brokenOff) {
      noteResumed(brokenOff, context);
      context.warn(`run ${brokenOff.run.id}, which was broken off, is finished: it has undone run ${id}`);
    } else if (rows.length === 0) context.say(`nothing to undo: run ${id} is ${run.state} and has left nothing`);
    return many(resultView, rows);
  },
});

/**
 * The run that was named, or the latest that left something. `brokenOff`: a later run had undone it, and was killed before it could say so;
 * who types the same again means no earlier one.
 */
function runToUndo(id: string | undefined, context: Surface): { readonly run: Run; readonly brokenOff?: Run } {
  const undoneBy = (undo: Run): Run | undefined => {
    if (undo.state !== 'interrupted' || !isOf(undo, 'ops', 'undo')) return undefined;
    return [...runsIn(context.home, context.now(), skipping(context))].find(({ after }) => after?.by === undo.run.id);
  };
  const latest = runMeant(id, context, (run) => isOpen(run) || undoneBy(run) !== undefined, 'has left anything');
  const undone = id === undefined ? undoneBy(latest) : undefined;
  return undone ? { run: undone, brokenOff: latest } : { run: latest };
}

/** Asks about what goes, once for each profile. */
async function agree(found: readonly LeftImage[], isForced: boolean, context: Surface): Promise<void> {
  const going = found.flatMap((one) => (isRemovable(one, isForced) && 'image' in one ? [one] : []));
  for (const profile of new Set(going.map(({ at }) => at.profile))) {
    const there = going.filter(({ at }) => at.profile === profile);
    const [first] = there;
    const places = there.flatMap((one) => (one.is === 'places' ? [`${one.image.id} from ${one.places.join(' and ')}`] : []));
    // Nobody has typed their names.
    const what = `${[...places, ...namesOf(there)].join(', ')} (profile ${profile})`;
    const images = async (): Promise<readonly Image[]> => there.map(({ image }) => image);
    const verb = places.length > 0 ? 'Remove' : 'Delete';
    if (first) await context.confirmLoss({ verb, what, count: there.length, images }, first.at);
  }
}

const namesOf = (found: readonly LeftImage[]): readonly string[] =>
  found.flatMap((one) => ('image' in one && one.is !== 'places' ? [`${one.image.id} (${one.image.name})`] : []));

const rowOf = ({ left: { action, id } }: LeftImage): Pick<ResultRow, 'image' | 'profile' | 'id' | 'name'> => ({
  image: `${action.profile}:${id ?? action.name ?? ''}`,
  profile: action.profile,
  ...(id === undefined ? {} : { id }),
  ...(action.name === undefined ? {} : { name: action.name }),
});

const plannedRow = (found: LeftImage, isForced: boolean): ResultRow => ({
  ...rowOf(found),
  result: 'planned',
  message: isRemovable(found, isForced) ? 'would remove' : found.is === 'gone' ? 'already gone' : 'would keep',
});

/** What the run has changed is put back, one by one: what was retired or revoked first, since channels may go back to it. */
async function putBackEach(run: Run, limits: WaitLimits, isOnly: boolean, context: Surface): Promise<readonly ResultRow[]> {
  const retired = retiredBy(run);
  const changes = [
    ...retired.map((one) => ({ ...one, undo: () => undoRetirement(one, limits, context) })),
    ...revokedBy(run).map((one) => ({ ...one, undo: () => undoRevocation(one, limits, context) })),
    ...movedBy(run).map((one) => ({ ...one, undo: () => undoMove(one, run.run.id, context) })),
  ];
  const rows: ResultRow[] = [];
  for (const { action, id, undo: putBack } of changes) {
    const { profile } = action;
    const about = { image: `${profile}:${id}`, profile, id };
    try {
      const message = await putBack();
      if (!context.settings.dryRun) noteActions(run, action.action, [], context);
      rows.push({ ...about, result: context.settings.dryRun ? 'planned' : 'ok', message });
    } catch (error) {
      if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
      const failure = error.with(given({ region: action.region })).inProfile(profile, action.provider);
      if (isOnly && changes.length === 1) throw failure;
      await context.report(failure);
      rows.push({ ...failedRow(about.image, failure, context), ...about });
    }
  }
  const gone = retired.length > 0 ? deletedBy(run) : [];
  if (gone.length > 0) context.warn(`deleted by that run, and not to be brought back: ${gone.join(', ')}`);
  return rows;
}

interface Undoing {
  readonly isForced: boolean;
  readonly limits: WaitLimits;
}

/** One by one; what was done is in the journal even if this run is broken off too. The only failure is thrown, others are reported. */
async function undoEach(
  run: Run,
  found: readonly LeftImage[],
  undoing: Undoing,
  context: Surface,
): Promise<readonly ResultRow[]> {
  const rows: ResultRow[] = [];
  for (const one of found) {
    try {
      const message = await undoOne(one, { ...undoing, call: context.call() });
      noteUndone(run, one, context);
      rows.push({ ...rowOf(one), result: 'ok', message });
    } catch (error) {
      if (!(error instanceof ImgctlError)) throw error;
      if (found.length === 1 || error.code === 'ABORTED') throw error;
      await context.report(error);
      rows.push({ ...failedRow(rowOf(one).image, error, context), ...rowOf(one) });
    }
  }
  return rows;
}
