import { channelText } from '../../core/channel.ts';
import type { ImageRecord } from '../../core/image.ts';
import { channelsOf, marksOf } from '../../core/marks.ts';

/** The aliases by which other tools find an image that is the target of channels: `web@stable`. None of one whose content was revoked. */
export function channelAliases(image: Pick<ImageRecord, 'id' | 'properties'>): readonly string[] {
  if (marksOf(image).revoked !== undefined) return [];
  return [...channelsOf(image)].flatMap(([channel, { target }]) =>
    target === undefined ? [] : [channelText({ name: target, channel })],
  );
}
