import { channelText, type Channel } from '../../core/channel.ts';
import type { ChannelChangeRow } from '../../core/channel-row.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { ending, silencing, type Move } from './changes.ts';
import { inEach, openedIn, rowsOfEach, type Where } from './each.ts';
import { ownState } from './look.ts';
import { movedMeanwhile, requireChannels } from './move.ts';
import { project } from './project.ts';
import { noSuchChannel } from './read.ts';
import type { Occasion } from './set.ts';
import type { ChannelState } from './state.ts';

/**
 * Deletes a channel in every profile: no image is meant by it any more, and its history stays. A row for each. Asks first. Throws, of a single
 * profile, NOT_FOUND for one that there is not, CONFLICT where somebody else has moved it meanwhile.
 */
export async function deleteChannel(
  channel: Channel,
  where: Where,
  occasion: Occasion,
  context: EngineContext,
): Promise<readonly ChannelChangeRow[]> {
  const text = channelText(channel);
  const looked = await inEach(
    where,
    async (at, call) => {
      requireChannels(at);
      const state = await ownState(at, channel, call);
      if (state.isDeleted || (!state.target && state.history.length === 0)) throw noSuchChannel(at, channel);
      return { at, state };
    },
    context,
  );
  for (const { answer } of looked)
    if (!(answer instanceof ImgctlError)) {
      const { target } = answer.state;
      const what = `the channel ${text} of ${answer.at.profile}`;
      const images = async () => (target ? [target.image] : []);
      await context.confirmLoss({ verb: 'Delete', what, count: 1, images }, answer.at);
    }
  return rowsOfEach(
    text,
    { ...where, profiles: openedIn(looked) },
    async (at, call) => {
      const answer = looked.find(({ profile }) => profile === at.profile)?.answer;
      if (!answer || answer instanceof ImgctlError) throw answer ?? noSuchChannel(at, channel);
      const { state } = answer;
      const { dryRun } = context.settings;
      if (!dryRun) await ended(at, state, { ...occasion, now: context.now() }, call);
      const from = state.target ? { from: state.target.image.id } : {};
      return [{ channel: text, profile: at.profile, ...from, result: dryRun ? 'planned' : 'ok', message: 'deleted' }];
    },
    context,
  );
}

/** Deletes a channel, with one write at its target; the image itself stays as it is. Throws CONFLICT where somebody else has moved the channel meanwhile. */
export async function ended(
  at: Account,
  { channel, target, superseded, history, next }: ChannelState,
  occasion: Pick<Move, 'by' | 'reason' | 'now'>,
  call: Call,
): Promise<void> {
  const last = target?.image ?? history[0]?.image;
  if (!last) return;
  const patch = at.verb('patch');
  // First: who is killed behind it has a channel left that can be deleted.
  await project(at, channel, undefined, call);
  // Before the target, in whose place one of them would come.
  for (const { image } of superseded)
    await patch.run({ id: image.id, changes: silencing(image, channel), basis: image, extras: {} }, call);
  await patch.run({ id: last.id, changes: ending(last, next, { ...occasion, channel }), basis: last, extras: {} }, call);
  const now = await ownState(at, channel, call);
  if (now.target && now.target.image.id !== last.id) throw movedMeanwhile(at, channel, now.target.image);
}
