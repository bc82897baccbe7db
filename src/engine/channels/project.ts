import { channelText, type Channel } from '../../core/channel.ts';
import { conflictError, ImgctlError, type Code } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { marksOf } from '../../core/marks.ts';
import type { Call } from '../../core/operation.ts';
import type { BoundProjection, Projection } from '../../core/projection.ts';
import type { Account } from '../account/account.ts';

/** What follows a channel, as it was found; `failure`: why nobody could look. */
export interface FollowedBy {
  readonly kind: string;
  readonly projection?: Projection;
  readonly failure?: ImgctlError;
}

/** By what other tools find an image: none of those whose content was revoked. */
const wantedBy = (target: Image | undefined): Image | undefined =>
  target && marksOf(target).revoked === undefined ? target : undefined;

/** That the account is not allowed to, or the provider does not let anybody: the channel is what it is all the same. */
const refusals: readonly Code[] = ['AUTH', 'UNSUPPORTED'];
const isRefusal = (error: unknown): error is ImgctlError => error instanceof ImgctlError && refusals.includes(error.code);

/** What follows a channel in an account. Absent: nothing does. */
export async function followerOf(at: Account, channel: Channel, call: Call): Promise<FollowedBy | undefined> {
  const { projection: follower } = at;
  if (!follower) return undefined;
  const { kind } = follower;
  try {
    const projection = await follower.look(channel, call);
    return projection && { kind, projection };
  } catch (error) {
    if (isRefusal(error)) return { kind, failure: error };
    throw error;
  }
}

/** Whether other tools find by it what the channel points to, and nothing where that is nothing they should use. */
export function isFollowed(follower: FollowedBy | undefined, target: Image | undefined): boolean {
  if (!follower) return true;
  const wanted = wantedBy(target);
  if (!follower.projection) return false;
  const { id, isBehind, takenBy } = follower.projection;
  if (!wanted) return id === undefined;
  return takenBy === undefined && id === wanted.id && isBehind !== true;
}

/** Throws CONFLICT where what would follow a channel is somebody else's: before the channel moves. */
export async function requireFollower(at: Account, channel: Channel, call: Call): Promise<void> {
  const taken = followerTaken(at, channel, await followerOf(at, channel, call));
  if (taken) throw taken;
}

/** Why nothing can follow a channel: somebody else has called something so. Absent: nobody has. */
export function followerTaken(at: Account, channel: Channel, follower: FollowedBy | undefined): ImgctlError | undefined {
  const { kind = '', projection } = follower ?? {};
  if (projection?.takenBy === undefined) return undefined;
  const ways = [`Remove that ${kind} with the tools that made it`, 'use another channel', at.projection?.otherwise];
  const known = ways.filter((way) => way !== undefined);
  const text = `the ${kind} ${projection.name}, which is to follow ${channelText(channel)}, is taken by ${projection.takenBy}`;
  return conflictError(text, { profile: at.profile, hint: `${known.slice(0, -1).join(', ')}, or ${known.at(-1) ?? ''}.` });
}

/**
 * Lets what other tools find the target of a channel by lead there, or nowhere. The channel itself has moved by then. What the account is not
 * allowed to is told, and no failure: the channel is what it is. So is what somebody else has called so meanwhile.
 */
export async function project(at: Account, channel: Channel, target: Image | undefined, call: Call): Promise<void> {
  const { projection: follower } = at;
  if (!follower) return;
  try {
    await brought(follower, channel, wantedBy(target), call);
  } catch (error) {
    if (!isRefusal(error) && !(error instanceof ImgctlError && error.code === 'CONFLICT')) throw error;
    const message = `the ${follower.kind} of ${channelText(channel)} in ${at.profile} does not follow: ${error.message}`;
    call.note({ kind: 'warning', message });
  }
}

async function brought(follower: BoundProjection, channel: Channel, target: Image | undefined, call: Call): Promise<void> {
  const projection = await follower.look(channel, call);
  if (!projection) return;
  const { name, id, isBehind, takenBy } = projection;
  if (takenBy !== undefined && target) throw conflictError(`${name} is taken by ${takenBy}`);
  if (id === target?.id && isBehind !== true) return;
  await (target ? follower.point(channel, target, call) : follower.remove(channel, call));
}
