import { channelText, type Channel } from '../../core/channel.ts';
import type { ChannelChangeRow } from '../../core/channel-row.ts';
import { conflictError, ImgctlError, notFoundError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { isSame } from '../images/group.ts';
import type { Run } from '../journal/run-state.ts';
import { brokenOffMove, finish } from './broken-off.ts';
import { inEach, rowsOfEach, type ProfileAnswer, type Where } from './each.ts';
import { ownState } from './look.ts';
import { noSuchChannel } from './read.ts';
import { requireChannels } from './move.ts';
import { moved, type Occasion } from './set.ts';
import { before, restoring, type ChannelState, type PastTarget } from './state.ts';

interface Step {
  readonly state: ChannelState;
  /** Absent: there is nothing to go back to. */
  readonly entry: PastTarget | undefined;
  /** The run that has gone back to the target, and was broken off. */
  readonly brokenOff?: Run | undefined;
}

/**
 * Points a channel to what was its target before, in every profile; those that a run which was broken off has led back already stay.
 * Throws CONFLICT, before anything is changed, where that is not the same content everywhere; of a single profile NOT_FOUND where there is
 * none.
 */
export async function rollbackChannel(
  channel: Channel,
  where: Where,
  occasion: Occasion,
  context: EngineContext,
): Promise<readonly ChannelChangeRow[]> {
  const text = channelText(channel);
  const steps = goneOnWith(await inEach(where, (at, call) => stepIn(at, channel, call, context), context));
  requireOne(channel, steps);
  const left = { ...where, profiles: where.profiles.filter(({ profile }) => steps.some((step) => step.profile === profile)) };
  const rows = await rowsOfEach(
    text,
    left,
    async (at, call) => {
      const step = steps.find(({ profile }) => profile === at.profile)?.answer;
      if (!step || step instanceof ImgctlError) throw step ?? notFoundError(`no such channel: ${text}`);
      const { state, entry, brokenOff } = step;
      if (!entry) throw nothingBefore(at, state);
      const move = { channel, image: entry.image, ...occasion, restores: restoring(entry), now: context.now() };
      const row = await moved(at, state, move, call, context);
      return [brokenOff ? { ...row, message: `run ${brokenOff.run.id} had gone back to it, and was broken off` } : row];
    },
    context,
  );
  finish(
    steps.flatMap(({ answer }) => (answer instanceof ImgctlError ? [] : (answer.brokenOff ?? []))),
    rows,
    context,
  );
  return rows;
}

async function stepIn(at: Account, channel: Channel, call: Call, context: EngineContext): Promise<Step> {
  requireChannels(at);
  const state = await ownState(at, channel, call);
  if (!state.target && state.history.length === 0) throw noSuchChannel(at, channel);
  return { state, entry: before(state), brokenOff: brokenOffMove(at, state, 'rollback', context) };
}

/** The target, where somebody has gone back to it. */
function goneBackTo({ target }: ChannelState): PastTarget | undefined {
  const [stint] = target?.stints ?? [];
  return target && stint?.restores !== undefined ? { ...stint, image: target.image } : undefined;
}

/**
 * A run that was broken off has led some profiles back, and the rest not: those stay at what the rest goes back to. So does one in which
 * the old target says still that it is it, and one that such a run has led back by the word of its journal.
 */
function goneOnWith(answers: readonly ProfileAnswer<Step>[]): readonly ProfileAnswer<Step>[] {
  const isBroken = ({ state, brokenOff }: Step): boolean => state.superseded.length > 0 || brokenOff !== undefined;
  const goals = answers.flatMap(({ answer }) => {
    if (answer instanceof ImgctlError) return [];
    const back = goneBackTo(answer.state);
    if (!back) return answer.entry ?? [];
    return isBroken(answer) ? back : [];
  });
  const goneOn = (step: Step): Step => {
    const back = goneBackTo(step.state);
    const stays = back && (isBroken(step) || goals.some(({ image }) => isSame(image, back.image) === true));
    return stays ? { ...step, entry: back } : step;
  };
  return answers.map((one) => (one.answer instanceof ImgctlError ? one : { ...one, answer: goneOn(one.answer) }));
}

function nothingBefore({ profile }: Account, { channel }: ChannelState): ImgctlError {
  const text = channelText(channel);
  return conflictError(`nothing that ${text} pointed to before in ${profile} can be used: it is gone, inactive or revoked`, {
    hint: 'Look at them with:',
    next: [{ verb: 'channel history', args: [text] }],
  });
}

/** One content for each channel: profiles whose histories differ are not led apart. */
function requireOne(channel: Channel, steps: readonly ProfileAnswer<Step>[]): void {
  const entries = steps.flatMap(({ answer }) => (answer instanceof ImgctlError ? [] : (answer.entry ?? [])));
  const [first] = entries;
  const other = first && entries.find(({ image }) => isSame(image, first.image) === false);
  if (!first || !other) return;
  throw conflictError(`what ${channelText(channel)} pointed to before is not the same everywhere:`, {
    hint: [
      ...[first, other].map(({ image: { profile, id, name } }) => `  ${profile}  ${id}  ${name}`),
      'Go back in one profile after the other, or set the channel.',
    ].join('\n'),
  });
}
