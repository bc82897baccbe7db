import { channelText } from '../../core/channel.ts';
import type { ChannelHistoryRow, ChannelRow } from '../../core/channel-row.ts';
import { given, type Image } from '../../core/image.ts';
import { marksOf } from '../../core/marks.ts';
import type { Account } from '../account/account.ts';
import { isFollowed, type FollowedBy } from './project.ts';
import type { ChannelState } from './state.ts';

/** How a channel stands, as it is shown; absent where no image of the account has to do with it, and where it was deleted. */
export function channelRow(
  at: Account,
  { channel, target, superseded, history, isDeleted }: ChannelState,
  follower: FollowedBy | undefined,
): ChannelRow | undefined {
  if (!target && (history.length === 0 || isDeleted)) return undefined;
  const { at: since, by, reason } = target?.stints[0] ?? {};
  const image: Partial<Image> = target?.image ?? {};
  const others = superseded.map(({ image: { id } }) => id);
  return {
    channel: channelText(channel),
    profile: at.profile,
    ...given<Omit<ChannelRow, 'channel' | 'profile'>>({
      id: image.id,
      name: image.name,
      status: image.status,
      contentId: image.contentId,
      since,
      by,
      reason,
      revoked: target && marksOf(target.image).revoked,
      superseded: others.length > 0 ? others : undefined,
      projection: follower && projectionOf(follower, target?.image),
    }),
  };
}

function projectionOf(follower: FollowedBy, target: Image | undefined): ChannelRow['projection'] {
  const { kind, projection, failure } = follower;
  const { name = '', id, takenBy } = projection ?? {};
  const lags = !isFollowed(follower, target);
  return {
    kind,
    ...given<Omit<NonNullable<ChannelRow['projection']>, 'kind'>>({
      name: name || undefined,
      id,
      takenBy,
      lags: lags || undefined,
      message: failure?.message,
    }),
  };
}

/** Everything that is known of what a channel has pointed to, the newest first. */
export const historyRows = (profile: string, { channel, history, target }: ChannelState): readonly ChannelHistoryRow[] =>
  history.map(({ image, number, at, by, reason, restores, isEnd }) => ({
    channel: channelText(channel),
    profile,
    number,
    id: image.id,
    name: image.name,
    status: image.status,
    isTarget: target?.image.id === image.id && target.stints[0]?.number === number,
    ...given<ChannelHistoryRow>({ contentId: image.contentId, at, by, reason, restores, isEnd, revoked: marksOf(image).revoked }),
  }));
