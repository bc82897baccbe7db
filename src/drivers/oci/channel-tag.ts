import { channelText, readChannelLog, type Channel } from '../../core/channel.ts';
import { channelsOf } from '../../core/marks.ts';
import { tagOfName } from '../_oci/tag-of-name.ts';
import type { Call } from '../../core/operation.ts';
import { isId } from '../_oci/ids.ts';
import { recall } from './images.ts';
import type { Repository } from './repository.ts';
import { isOurs, type Found } from './tagged.ts';

/** The tag that follows a channel; absent where none is to, or its name makes none. */
export function tagOfChannel({ channelTag }: Pick<Repository, 'channelTag'>, channel: Channel): string | undefined {
  return channelTag && tagOfName(channelTag(channel));
}

/** The channels that an image is the target of, or was, as it says itself, whatever tag it is looked at by. */
export function channelsIn({ record: { id, properties } }: Pick<Found, 'record'>): readonly Channel[] {
  const all = [...channelsOf({ id, properties })].flatMap(([channel, { target, log }]) =>
    [target, readChannelLog(log)?.name].flatMap((name) => (name === undefined ? [] : [{ name, channel }])),
  );
  return [...new Map(all.map((channel) => [channelText(channel), channel])).values()];
}

/**
 * The channel that a tag follows: it names an image of another tag that says of itself that it is or was the target. Absent: it is no such
 * tag, but an image's own, or one that somebody else has set.
 */
export function channelFollowedBy(repository: Repository, found: Found): Channel | undefined {
  if (found.record.id === found.id) return undefined;
  return channelsIn(found).find((channel) => tagOfChannel(repository, channel) === found.id);
}

/** A further tag of an image that has its own. */
export interface FurtherTag {
  /** Of the image. */
  readonly id: string;
  /** The channel that it follows; absent: somebody else has set it. */
  readonly channel?: Channel;
}

/**
 * Of which image a tag is but another one: that of a channel is one also when it is behind; any other when it names the very same manifest.
 * Absent: what stands under it is an image of its own.
 */
export async function furtherTag(repository: Repository, found: Found, call: Call): Promise<FurtherTag | undefined> {
  const { id } = found.record;
  if (id === found.id || !isId(id)) return undefined;
  const own = await recall(repository, id, call);
  if (!isOurs(own) || own.record.id !== id) return undefined;
  const channel = channelFollowedBy(repository, found);
  if (channel) return { id, channel };
  return own.digest === found.digest ? { id } : undefined;
}
