import { channelText, readChannelLog, type Channel, type Stint } from '../../core/channel.ts';
import { conflictError } from '../../core/errors.ts';
import { isObject } from '../../core/json.ts';
import { channelOfLog, channelProperty } from '../../core/marks.ts';
import { userName } from '../../host/user-name.ts';
import type { EngineContext } from '../context.ts';
import type { ActionEntry } from '../journal/entry.ts';
import { accountOf } from '../journal/find-left.ts';
import type { Run } from '../journal/run-state.ts';
import { ended } from './delete.ts';
import { ownState } from './look.ts';
import { movedTo } from './move.ts';
import { project } from './project.ts';
import { restoring, type ChannelState, type PastTarget } from './state.ts';

/** A channel that a run has moved, or deleted, by what it wrote at an image. */
export interface MovedByRun {
  readonly action: ActionEntry;
  readonly id: string;
  readonly channel: Channel;
  readonly stint: Stint;
  /** Images that it has told to say no more that they are the target. */
  readonly silenced: readonly string[];
}

/** The channels that a run has moved, the last one first. */
export function movedBy({ actions }: Run): readonly MovedByRun[] {
  const writes = actions.flatMap(writesOf);
  const silencedAt = ({ profile }: ActionEntry, channel: Channel): readonly string[] =>
    writes
      .filter((one) => one.isSilenced && one.action.profile === profile && channelText(one.channel) === channelText(channel))
      .map(({ id }) => id);
  return writes
    .filter(({ isSilenced }) => !isSilenced)
    .map(({ action, id, channel, stint }) => ({ action, id, channel, stint, silenced: silencedAt(action, channel) }))
    .toReversed();
}

/** What an action has written of channels. */
function writesOf(action: ActionEntry) {
  const { verb, image: id, request } = action;
  const { changes } = request;
  if (verb !== 'patch' || id === undefined || !isObject(changes) || !isObject(changes.properties)) return [];
  const removed: readonly unknown[] = Array.isArray(changes.removeProperties) ? changes.removeProperties : [];
  return Object.entries(changes.properties).flatMap(([property, text]) => {
    const word = channelOfLog(property);
    const log = word === undefined || typeof text !== 'string' ? undefined : readChannelLog(text);
    const stint = log?.stints[0];
    if (word === undefined || !log || !stint) return [];
    const isSilenced = stint.isEnd !== true && removed.includes(channelProperty(word));
    return [{ action, id, channel: { name: log.name, channel: word }, stint, isSilenced }];
  });
}

/**
 * Puts a channel where it was before a run has moved it, in a dry run by word alone. Throws CONFLICT where somebody has moved it since,
 * or where what it pointed to then is gone, not known, or cannot be used.
 */
export async function undoMove(moved: MovedByRun, run: string, context: EngineContext): Promise<string> {
  const { action, channel } = moved;
  const at = await accountOf(action, context);
  const call = context.call();
  const text = channelText(channel);
  const state = await ownState(at, channel, call);
  const was = targetBefore(moved, state);
  const isWouldBe = context.settings.dryRun;
  const isSo = was === undefined ? state.isDeleted : state.target?.image.id === was.image.id;
  if (isSo) {
    if (!isWouldBe) await project(at, channel, was?.image, call);
    return `${text} is ${was?.image.id ?? 'deleted'} already`;
  }
  const { number } = moved.stint;
  const since = state.history.find((one) => one.number > number || (one.number === number && one.image.id !== moved.id));
  if (since)
    throw conflictError(`${text} was moved since that run${since.by === undefined ? '' : ` by ${since.by}`}: it stays`, {
      hint: 'Look at it with:',
      next: [{ verb: 'channel history', args: [text] }],
    });
  const occasion = { by: userName(), reason: `undo ${run}`, now: context.now() };
  if (was === undefined) {
    if (!isWouldBe) await ended(at, state, occasion, call);
    return isWouldBe ? `would delete ${text}` : `${text} is deleted: it pointed to nothing before`;
  }
  const move = { channel, image: was.image, ...occasion, restores: restoring(was) };
  if (!isWouldBe) await movedTo(at, state, move, call);
  return isWouldBe ? `would point ${text} to ${was.image.id}` : `${text} is ${was.image.id} again`;
}

/** What a channel pointed to before a run has moved it; absent: to nothing. Throws CONFLICT where that is gone. */
function targetBefore(
  { id, channel, stint, silenced }: MovedByRun,
  { history, superseded }: ChannelState,
): PastTarget | undefined {
  if (stint.isEnd) return history.find((one) => one.image.id === id && one.number === stint.number);
  const was = history.find(({ number }) => number < stint.number);
  if (was?.isEnd || (was === undefined && stint.number === 1)) return undefined;
  const isSure = was && (silenced.includes(was.image.id) || superseded.some(({ image }) => image.id === was.image.id));
  if (was && isSure) return was;
  throw conflictError(`what ${channelText(channel)} pointed to before that run is gone, or not known: it stays`, {
    hint: 'Look at what there is with:',
    next: [{ verb: 'channel history', args: [channelText(channel)] }],
  });
}
