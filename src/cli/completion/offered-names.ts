import { isHostile } from '../../ui/sanitize.ts';
import type { Candidate } from './candidate.ts';
import type { CachedNames } from './image-name-cache.ts';

/** What is offered of a profile's names, of what was begun behind a prefix. */
export type Offer = (names: CachedNames, current: string, prefix?: string) => readonly Candidate[];

/**
 * Images by name, and by id where the id was begun. Names are whatever somebody chose to write: one that a terminal would act
 * upon, that would be read as an option, or that several images have is offered by its id.
 */
export function imagesOffered({ images }: CachedNames, current: string, prefix = ''): readonly Candidate[] {
  const times = new Map<string, number>();
  for (const { name } of images) times.set(name, (times.get(name) ?? 0) + 1);
  return images.flatMap(({ id, name }): Candidate[] => {
    const byName = name !== '' && times.get(name) === 1 && isTypable(name);
    if (byName && name.startsWith(current)) return [{ text: prefix + name, about: id }];
    const begun = id.startsWith(current) && (current !== '' || !byName);
    return (begun || (!byName && name.startsWith(current))) && isTypable(id) ? [{ text: prefix + id, about: name }] : [];
  });
}

/** Channels that point to an image, as `NAME@CHANNEL`. */
export const channelsOffered: Offer = ({ channels }, current, prefix = '') =>
  channels
    .filter((channel) => channel.startsWith(current) && isTypable(channel))
    .map((channel) => ({ text: prefix + channel, about: 'channel' }));

const isTypable = (text: string): boolean => !text.startsWith('-') && !/\s/.test(text.replaceAll(' ', '')) && !isHostile(text);

/** Whatever means an image. */
export const namesOffered: Offer = (...typed) => [...imagesOffered(...typed), ...channelsOffered(...typed)];
