import { channelLog, type Channel, type Stint } from '../../core/channel.ts';
import { given, type Image } from '../../core/image.ts';
import { channelLogProperty, channelsOf, markChanges } from '../../core/marks.ts';
import type { Changes } from '../../core/operation.ts';
import { standingIn } from './state.ts';

/** An image that is to be the target from now on. */
export interface Move {
  readonly channel: Channel;
  readonly image: Image;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  /** Number of the time that it goes back to. */
  readonly restores?: number;
  /** In ms. */
  readonly now: number;
}

/** The change by which an image becomes the target, as the time of that number. */
export function pointing(basis: Image, number: number, { channel, by, reason, restores, now }: Omit<Move, 'image'>): Changes {
  const at = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const stint: Stint = { number, at, ...given<Omit<Stint, 'number'>>({ by, reason, restores }) };
  const stints = [stint, ...(standingIn(basis, channel)?.stints ?? [])];
  const words = { target: channel.name, log: channelLog(channel.name, stints) };
  return markChanges(basis, { channels: { [channel.channel]: words } }) ?? {};
}

/**
 * The change by which the channel is deleted, as the time of that number: its target says no more that it is that, and keeps that it was.
 */
export function ending(image: Image, number: number, { channel, by, reason, now }: Omit<Move, 'image' | 'restores'>): Changes {
  const stints = standingIn(image, channel)?.stints ?? [];
  const [last] = stints;
  const restores = last && (last.restores ?? last.number);
  const at = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const stint: Stint = { number, at, isEnd: true, ...given<Omit<Stint, 'number'>>({ by, reason, restores }) };
  const words = { target: null, log: channelLog(channel.name, [stint, ...stints]) };
  return markChanges(image, { channels: { [channel.channel]: words } }) ?? {};
}

/**
 * The change by which an image says no more that it is the target. The log is written again as it was: where it is another one by then the
 * image has become the target once more, and the change is a CONFLICT.
 */
export function silencing(image: Image, { channel }: Channel): Changes {
  const changes = markChanges(image, { channels: { [channel]: { target: null } } });
  const log = channelsOf(image).get(channel)?.log;
  const again = log === undefined ? {} : { [channelLogProperty(channel)]: log };
  return { ...changes, properties: { ...changes?.properties, ...again } };
}
