import { channelIn, channelText } from '../../core/channel.ts';
import type { DesiredRow } from '../../core/desired.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import { userName } from '../../host/user-name.ts';
import type { Account } from '../account/account.ts';
import { ownState } from '../channels/look.ts';
import { movedTo } from '../channels/move.ts';
import { followerOf, followerTaken, isFollowed, requireFollower } from '../channels/project.ts';
import { standingIn, stateOf } from '../channels/state.ts';
import { blockedRow, rowOf, type Case } from './case.ts';
import { currentOf } from './decide.ts';
import type { Look } from './look.ts';
import type { ManifestImage } from './manifest.ts';

/**
 * The row by which a channel moves to what is wanted, behind the rows that make it so; none: it points there. It moves only to what it has
 * not pointed to yet: from there somebody has moved it away, and apply does not move it back.
 */
export async function channelRows(
  one: Case,
  rows: readonly DesiredRow[],
  { name, channel: word, isInactive }: ManifestImage,
  { at, images }: Pick<Look, 'at' | 'images'>,
  call: Call,
): Promise<readonly DesiredRow[]> {
  if (word === undefined || isInactive || rows.some(({ action }) => action === 'blocked')) return [];
  const channel = { name, channel: word };
  const text = channelText(channel);
  const current = currentOf(one)?.image;
  if (!one.can.marks)
    return [blockedRow(one, current, `it is to be ${text}, and this provider keeps no properties`, 'UNSUPPORTED')];
  const { target, superseded } = stateOf(images, channel);
  const isThere = target !== undefined && target.image.id === current?.id;
  const follower = await followerOf(at as Account, channel, call);
  // What nobody may look at is no difference: the channel itself is what it is to be.
  const lags = follower?.projection !== undefined && !isFollowed(follower, target?.image);
  if (isThere && superseded.length === 0 && !lags) return [];
  const wasThere = current !== undefined && standingIn(current, channel) !== undefined;
  if (target && wasThere && !isThere) return [];
  const obstacle = followerTaken(at as Account, channel, follower);
  if (obstacle) return [blockedRow(one, current, obstacle.message, 'CONFLICT', obstacle.circumstances.hint)];
  if (isThere && superseded.length === 0)
    return [
      rowOf(one, 'retarget', `the ${follower?.kind ?? ''} ${follower?.projection?.name ?? ''} does not lead to it`, current, {
        channel: text,
      }),
    ];
  const reason = target ? `${text} is ${target.image.id}` : `${text} points to nothing`;
  return [rowOf(one, 'retarget', isThere ? `${text} is said of another image too` : reason, current, { channel: text })];
}

/** Moves the channel of a row. */
export async function pointed(
  at: Account,
  { channel: text = '', id = '' }: Pick<DesiredRow, 'channel' | 'id'>,
  { manifest, now }: { readonly manifest: string; readonly now: number },
  call: Call,
): Promise<Image> {
  const channel = channelIn(text);
  if (!channel) throw new ImgctlError('INTERNAL', `"${text}" was planned as a channel`);
  const image = await at.verb('show').run({ id }, call);
  await requireFollower(at, channel, call);
  const state = await ownState(at, channel, call);
  return movedTo(at, state, { channel, image, by: userName(), reason: `apply ${manifest}`, now }, call);
}
