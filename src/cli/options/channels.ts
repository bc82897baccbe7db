import { channelOf, reasonText, type Channel } from '../../core/channel.ts';
import { ImgctlError, usageError } from '../../core/errors.ts';
import { isGlob } from '../../core/glob.ts';
import type { OperationName } from '../../core/operation.ts';
import type { Account } from '../../engine/account/account.ts';
import { withRegions } from '../../engine/account/region.ts';
import { chosenProfiles } from '../../engine/account/registry.ts';
import type { Opened, Where } from '../../engine/channels/each.ts';
import { cacheChannels } from '../completion/image-name-cache.ts';
import type { Context, Surface } from '../program/context.ts';
import type { Options } from '../program/option.ts';

export const channelOptions = {
  allProfiles: { kind: 'flag', short: 'A', summary: 'all profiles' },
} as const satisfies Options;

export const reasonOption = { kind: 'text', value: 'text', summary: 'why, for the history' } as const;

/** `NAME@CHANNEL` as it is typed, with the profile where one stands in front. Throws USAGE for what is none. */
export function channelTyped(
  word: string,
  { directory }: Pick<Surface, 'directory'>,
): { readonly channel: Channel; readonly profile?: string } {
  const { profile, image } = directory.reference(word);
  const channel = channelOf(image, word);
  return { channel, ...(profile === undefined ? {} : { profile }) };
}

/** A row about a channel; one without a result is what was seen. */
interface ChannelOfRow {
  readonly profile: string;
  readonly channel?: string;
  readonly result?: string;
}

/** The same rows: completion knows their channels from then on, for who sits at a terminal. `isGone`: they were deleted. */
export async function offered<Row extends ChannelOfRow>(
  rows: readonly Row[],
  { io, home }: Pick<Surface, 'io' | 'home'>,
  isGone = false,
): Promise<readonly Row[]> {
  const seen = rows.flatMap(({ profile, channel, result = 'ok' }) =>
    channel === undefined || result !== 'ok' ? [] : [{ profile, channel, isGone }],
  );
  if (io.stderrIsTerminal && seen.length > 0) await cacheChannels(seen, home, io.now());
  return rows;
}

/** The profiles in which a channel is meant: that which stands before it, all, or those that are chosen. Throws USAGE for two of them. */
export async function whereMeant(
  { profile, allProfiles }: { readonly profile?: string | undefined; readonly allProfiles: boolean | undefined },
  context: Context<{ at: readonly OperationName[] }>,
): Promise<Where> {
  const { directory, settings } = context;
  if (allProfiles && (settings.isProfileTyped || profile !== undefined))
    throw usageError('--all-profiles and a profile cannot be combined', { hint: 'Use one of them.' });
  if (profile !== undefined && settings.isProfileTyped)
    throw usageError('-p and a profile in front of the channel cannot be combined', { hint: 'Use one of them.' });
  const chosen = (): readonly string[] => (allProfiles ? directory.all : chosenProfiles(directory, settings.profile));
  const named = await withRegions(profile === undefined ? chosen() : [profile], context);
  const profiles = await Promise.all(named.map((one) => opened(one, context)));
  const [only, ...others] = profiles;
  // Of a single one it is said before anything else is looked at.
  if (only?.at instanceof ImgctlError && others.length === 0) throw only.at;
  return {
    profiles,
    isWide: allProfiles === true || (profile === undefined && settings.profile.some((pattern) => isGlob(pattern))),
  };
}

/** An account, or why it cannot be opened. */
export async function opened(profile: string, context: Context<{ at: readonly OperationName[] }>): Promise<Opened> {
  try {
    return { profile, at: (await context.at('at', profile)) as Account };
  } catch (error) {
    if (error instanceof ImgctlError) return { profile, at: error };
    throw error;
  }
}

/** A reason as it is kept. Throws USAGE for an empty one. */
export function reasonTyped(reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined;
  const text = reasonText(reason);
  if (text === '') throw usageError('--reason must not be empty');
  return text;
}
