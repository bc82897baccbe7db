import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { channelText } from '../../core/channel.ts';
import type { Image } from '../../core/image.ts';
import { channelsTo } from '../../engine/channels/state.ts';
import { ownFolder, type Home } from '../../host/paths.ts';
import { makeFolder } from '../../host/mkdir.ts';
import { isPrivateFolder, readPrivateFile } from '../../host/private-file.ts';

/** What completion may offer of a profile without asking the provider. */
export interface CachedNames {
  readonly images: readonly { readonly id: string; readonly name: string }[];
  /** Channels that point to some image, `NAME@CHANNEL`. */
  readonly channels: readonly string[];
  /** Places in which some image lies. */
  readonly places: readonly string[];
}

const nothing: CachedNames = { images: [], channels: [], places: [] };
/** Names older than this are not offered any more: the images may be gone. */
const lifetimeMs = 30 * 60_000;
/** More are not kept: nobody picks from so many, and reading them takes time. */
const most = 2000;

/** One file a profile; what a profile's name may hold besides letters (`env:PROVIDER`) is escaped. */
const fileOf = (profile: string, home: Home): string =>
  path.join(ownFolder('cache', home), 'names', `${encodeURIComponent(profile)}.json`);

/** The names of a profile that were shown not long ago; none where there are none, or where they cannot be read. `now` is ms since 1970. */
export async function cachedNames(profile: string, home: Home, now: number): Promise<CachedNames> {
  const kept = keptOf(profile, home, now);
  if (!kept) return nothing;
  return {
    images: kept.images.filter(isPair).map(([id, name]) => ({ id, name })),
    channels: textsIn(kept.channels),
    places: textsIn(kept.places),
  };
}

function keptOf(profile: string, home: Home, now: number): Kept | undefined {
  try {
    const file = fileOf(profile, home);
    const kept: unknown = JSON.parse(isPrivateFolder(path.dirname(file)) ? readPrivateFile(file).toString() : 'null');
    return isKept(kept) && now - kept.at <= lifetimeMs && kept.at <= now ? kept : undefined;
  } catch {
    return undefined;
  }
}

interface Kept {
  readonly at: number;
  readonly images: readonly unknown[];
  readonly channels: readonly unknown[];
  readonly places: readonly unknown[];
}
const isKept = (value: unknown): value is Kept =>
  typeof value === 'object' &&
  value !== null &&
  'at' in value &&
  typeof value.at === 'number' &&
  'images' in value &&
  Array.isArray(value.images) &&
  'channels' in value &&
  Array.isArray(value.channels) &&
  'places' in value &&
  Array.isArray(value.places);
const textsIn = (values: readonly unknown[]): readonly string[] =>
  values.filter((value): value is string => typeof value === 'string');
const isPair = (value: unknown): value is readonly [string, string] =>
  Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'string';

/**
 * Passes images on, and keeps their names once the last has passed. `whole`: they are all of the profile's, so those kept
 * before are forgotten. What cannot be written is let go: completion knows less then.
 */
export async function* cacheNames(
  images: AsyncIterable<Image>,
  profile: string,
  { whole, home, now }: { readonly whole: boolean; readonly home: Home; readonly now: number },
): AsyncIterable<Image> {
  const names = new Map<string, string>();
  const channels = new Set<string>();
  const places = new Set<string>();
  for await (const image of images) {
    if (names.size < most) {
      names.set(image.id, image.name);
      for (const place of image.places) places.add(place.name);
      for (const channel of channelsTo(image)) channels.add(channelText(channel));
    }
    yield image;
  }
  const before = whole ? nothing : await cachedNames(profile, home, now);
  for (const { id, name } of before.images) if (!names.has(id) && names.size < most) names.set(id, name);
  for (const place of before.places) places.add(place);
  for (const channel of before.channels) channels.add(channel);
  const kept: Kept = { at: now, images: [...names], channels: [...channels], places: [...places] };
  await write(profile, home, JSON.stringify(kept)).catch(() => {});
}

/** A channel of a profile. `isGone`: it is there no more. */
export interface SeenChannel {
  readonly profile: string;
  readonly channel: string;
  readonly isGone?: boolean;
}

/** Keeps the names of channels that were shown, or changed, beside what is known already. What cannot be written is let go. */
export async function cacheChannels(seen: readonly SeenChannel[], home: Home, now: number): Promise<void> {
  for (const profile of new Set(seen.map((one) => one.profile))) {
    const own = seen.filter((one) => one.profile === profile);
    const before = keptOf(profile, home, now) ?? { at: now, images: [], channels: [], places: [] };
    const channels = new Set(textsIn(before.channels));
    for (const { channel, isGone } of own)
      if (isGone) channels.delete(channel);
      else channels.add(channel);
    await write(profile, home, JSON.stringify({ ...before, channels: [...channels] })).catch(() => {});
  }
}

/** Readable by the user alone, and never seen half written. */
async function write(profile: string, home: Home, text: string): Promise<void> {
  const file = fileOf(profile, home);
  makeFolder(path.dirname(file), 0o700);
  if (!isPrivateFolder(path.dirname(file))) return;
  const fresh = `${file}.${Math.random().toString(36).slice(2)}`;
  try {
    await writeFile(fresh, text, { mode: 0o600 });
    await chmod(fresh, 0o600);
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}
