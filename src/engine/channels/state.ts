import { readChannelLog, type Channel, type Stint } from '../../core/channel.ts';
import type { Image } from '../../core/image.ts';
import { channelsOf, marksOf } from '../../core/marks.ts';

/*
 * An image says itself that a channel points to it, and with which number. Of several that say so the highest number counts: so one write
 * moves a channel, whenever somebody looks there is one target, and who has said so before can be told to be silent afterwards.
 */

/** An image that is, or was, the target of a channel. */
export interface Standing {
  readonly image: Image;
  readonly isPointed: boolean;
  /** The newest first; none where nobody wrote it down. */
  readonly stints: readonly Stint[];
}

/** One time in the history of a channel. */
export interface PastTarget extends Stint {
  readonly image: Image;
}

export interface ChannelState {
  readonly channel: Channel;
  /** Absent: there is none, or it is gone. */
  readonly target?: Standing;
  /** Those that say so still, and were the target before: a run was broken off. */
  readonly superseded: readonly Standing[];
  /** The newest first. Of images that are gone nothing is known. */
  readonly history: readonly PastTarget[];
  /** Number of the next time. */
  readonly next: number;
  /** The target is the newest that is known of. If not, that is gone, or it has become the target while the images were read one by one. */
  readonly isWhole: boolean;
  /** It was deleted, and not set since. */
  readonly isDeleted: boolean;
}

/** What an image says of a channel; absent: nothing. */
export function standingIn(image: Image, { name, channel }: Channel): Standing | undefined {
  const words = channelsOf(image).get(channel);
  if (!words) return undefined;
  const log = readChannelLog(words.log);
  const stints = log?.name === name ? log.stints : [];
  const isPointed = words.target === name;
  return isPointed || stints.length > 0 ? { image, isPointed, stints } : undefined;
}

/** The channels that point to an image, unless its content was revoked: somebody relies on it. */
export function channelsTo(image: Image): readonly Channel[] {
  if (marksOf(image).revoked !== undefined) return [];
  return [...channelsOf(image)].flatMap(([channel, { target }]) => (target === undefined ? [] : [{ name: target, channel }]));
}

/** All channels that images say something of, each once, in order. */
export function channelsAmong(images: readonly Image[]): readonly Channel[] {
  const found = new Map<string, Channel>();
  for (const image of images)
    for (const [channel, { target, log }] of channelsOf(image))
      for (const name of [target, readChannelLog(log)?.name])
        if (name !== undefined) found.set(JSON.stringify([name, channel]), { name, channel });
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, channel]) => channel);
}

/** How a channel stands among the images of one account. */
export function stateOf(images: readonly Image[], channel: Channel): ChannelState {
  const known = images.flatMap((image) => standingIn(image, channel) ?? []);
  const history = known
    .flatMap(({ image, stints }) => stints.map((stint): PastTarget => ({ ...stint, image })))
    .sort((a, b) => later(a, b));
  const [target, ...superseded] = known.filter(({ isPointed }) => isPointed).sort((a, b) => later(latest(a), latest(b)));
  const highest = history[0]?.number ?? 0;
  const isDeleted = !target && history[0]?.isEnd === true;
  const isWhole = target ? latest(target).number >= highest : highest === 0 || isDeleted;
  return { channel, ...(target ? { target } : {}), superseded, history, next: highest + 1, isWhole, isDeleted };
}

type Rank = Pick<PastTarget, 'number' | 'at' | 'image'>;

const latest = ({ image, stints }: Standing): Rank => ({ ...(stints[0] ?? { number: 0 }), image });

/** Two of one number were written at once by two who did not know of each other: whoever looks decides in the same way. */
function later(a: Rank, b: Rank): number {
  if (a.number !== b.number) return b.number - a.number;
  if (a.at !== b.at) return (a.at ?? '') < (b.at ?? '') ? 1 : -1;
  return a.image.id < b.image.id ? 1 : a.image.id > b.image.id ? -1 : 0;
}

/** The time that counts again while this one lasts: itself, or the one that was gone back to. */
const positionOf = ({ number, restores = number }: Stint): number => restores;

/**
 * What was the target before this one, and can be again: going back twice leads further back, and never to what was gone back from. Of a
 * channel that was deleted, what it was then. `isOut`: it must not be that one.
 */
export function before(
  { target, history, isDeleted }: ChannelState,
  isOut: (image: Image) => boolean = () => false,
): PastTarget | undefined {
  const isPossible = ({ image }: PastTarget): boolean =>
    image.id !== target?.image.id && image.status === 'active' && marksOf(image).revoked === undefined && !isOut(image);
  const [current] = target?.stints ?? [];
  const [end] = isDeleted ? history : [];
  if (end && isPossible(end)) return end;
  let position = current ? positionOf(current) : target ? 0 : end ? positionOf(end) : Infinity;
  for (;;) {
    const entry = latestBefore(position, history);
    if (!entry || isPossible(entry)) return entry;
    position = positionOf(entry);
  }
}

/**
 * The latest time before a position. A log is cut to what a property holds: a time that it has lost is known by one that went back to it.
 */
function latestBefore(position: number, history: readonly PastTarget[]): PastTarget | undefined {
  const timeOf = (entry: PastTarget): number => (entry.number < position ? entry.number : positionOf(entry));
  return history.filter((entry) => timeOf(entry) < position).toSorted((a, b) => timeOf(b) - timeOf(a))[0];
}

/** The time that begins where an image becomes the target again by going back. */
export const restoring = (entry: PastTarget): number => positionOf(entry);
