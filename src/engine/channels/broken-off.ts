import { channelText } from '../../core/channel.ts';
import type { ChannelChangeRow } from '../../core/channel-row.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { mostRuns } from '../journal/job-of.ts';
import { noteResumed } from '../journal/resume.ts';
import { isOf, type Run } from '../journal/run-state.ts';
import { runsIn } from '../journal/runs.ts';
import type { ChannelState } from './state.ts';
import { movedBy } from './undo-move.ts';

/** Verbs that mean another image once they are done. */
type MovingVerb = 'rollback' | 'revoke';

/**
 * The run of this machine that has moved a channel to where it is, and was broken off, by a kill or a failure, before it could say that it was done:
 * the same verb, typed again, finishes it. Absent: there is none, or the journal cannot be read.
 */
export function brokenOffMove(
  { key }: Pick<Account, 'key'>,
  { channel, target }: ChannelState,
  verb: MovingVerb,
  { home, now, detail }: EngineContext,
): Run | undefined {
  const [stint] = target?.stints ?? [];
  if (!target || !stint) return undefined;
  let looked = 0;
  for (const run of runsIn(home, now(), detail)) {
    const isIts = movedBy(run).some(
      (move) =>
        move.action.account === key &&
        move.id === target.image.id &&
        move.stint.number === stint.number &&
        channelText(move.channel) === channelText(channel),
    );
    if (isIts) return isOf(run, 'channel', verb) && isUnsure(run, key) ? run : undefined;
    if ((looked += 1) === mostRuns) return undefined;
  }
  return undefined;
}

/** Nobody was told that it was done at this account. */
const isUnsure = ({ state, actions, outcomes }: Run, key: string): boolean =>
  state === 'interrupted' ||
  (state === 'failed' && actions.some(({ account, action }) => account === key && outcomes.get(action)?.result !== 'done'));

/** Such runs are over where all was done that they had left: who types the verb again means another image then. */
export function finish(runs: readonly Run[], rows: readonly ChannelChangeRow[], context: EngineContext): void {
  if (context.settings.dryRun || rows.some(({ result }) => result !== 'ok')) return;
  for (const run of new Map(runs.map((one) => [one.run.id, one])).values()) noteResumed(run, context);
}
