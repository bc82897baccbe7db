import { channelText, checkChannelName, type Channel } from '../../core/channel.ts';
import type { ChannelChangeRow } from '../../core/channel-row.ts';
import { notFoundError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import { rowsOfEach, type Where } from './each.ts';
import { ownState } from './look.ts';
import type { Move } from './changes.ts';
import { movedTo, requireChannels, requirePossible } from './move.ts';
import { followerOf, isFollowed, requireFollower } from './project.ts';
import { withContentOf } from './same-content.ts';
import type { ChannelState } from './state.ts';

/** Who does it, and why. */
export interface Occasion {
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
}

/**
 * Points a channel to what an image holds, in every profile: there to the image with the same content. A row for each. Throws USAGE for a name that none can have; of a single
 * profile NOT_FOUND where it does not have it, UNSUPPORTED where images cannot be marked, CONFLICT as `movedTo`.
 */
export function setChannel(
  channel: Channel,
  source: Image,
  where: Where,
  occasion: Occasion,
  context: EngineContext,
): Promise<readonly ChannelChangeRow[]> {
  checkChannelName(channel);
  return rowsOfEach(
    channelText(channel),
    where,
    async (at, call) => {
      requireChannels(at);
      const [image] = at.profile === source.profile ? [source] : await withContentOf(source, at, call);
      if (!image) throw missing(source, at);
      requirePossible(image, channel);
      await requireFollower(at, channel, call);
      const state = await ownState(at, channel, call);
      return [await moved(at, state, { channel, image, ...occasion, now: context.now() }, call, context)];
    },
    context,
  );
}

/** Carries a move out, or says what it would be. */
export async function moved(
  at: Account,
  state: ChannelState,
  move: Move,
  call: Call,
  { settings }: EngineContext,
): Promise<ChannelChangeRow> {
  const { target, superseded, channel } = state;
  const { id, name } = move.image;
  const from = target && target.image.id !== id ? { from: target.image.id } : {};
  const row = { channel: channelText(channel), profile: at.profile, id, name, ...from };
  const isThere = target?.image.id === id && superseded.length === 0;
  if (isThere && isFollowed(await followerOf(at, channel, call), target.image))
    return { ...row, result: settings.dryRun ? 'planned' : 'ok', message: 'nothing to change' };
  if (settings.dryRun) return { ...row, result: 'planned' };
  await movedTo(at, state, move, call);
  return { ...row, result: 'ok' };
}

const missing = ({ profile: source, id, name, contentId, checksums = {} }: Image, { profile, provider }: Account): Error => {
  const isKnown = contentId !== undefined || Object.keys(checksums).length > 0;
  const why = isKnown ? '' : '; what it holds is not known, so that no other image can be told to be the same';
  return notFoundError(`no image in ${profile} has the content of ${name || id}${why}`, {
    profile,
    provider,
    hint: 'Name an image of that profile, or send it there first:',
    next: [{ verb: 'copy', args: [`${source}:${id}`, profile] }],
  });
};
