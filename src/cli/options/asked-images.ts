import { usageError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../../engine/account/account.ts';
import { withRegions } from '../../engine/account/region.ts';
import { chosenProfiles } from '../../engine/account/registry.ts';
import { withAliases, withNearest } from '../../engine/images/aliases.ts';
import { listing, listingAt, type Listing } from '../../engine/images/list.ts';
import type { AskProfile } from '../../engine/images/multi-list.ts';
import { cacheNames } from '../completion/image-name-cache.ts';
import type { Context } from '../program/context.ts';
import type { Options, OptionValues } from '../program/option.ts';
import { listingFrom, type filterOptions } from './filters.ts';
import { globsFrom, wordsByProfile } from './globs.ts';

type ListContext = Context<{ at: readonly ['list'] }>;

/** Options of what asks several profiles at once. */
export const fleetOptions = {
  allProfiles: { kind: 'flag', short: 'A', summary: 'all profiles' },
  profileTimeout: { kind: 'duration', summary: 'time limit for each of several profiles (default 2m)' },
} as const satisfies Options;

/** The time limit for each of several profiles, where none is given. */
export const profileLimitMs = 120_000;

type Input = OptionValues<typeof filterOptions> & {
  readonly glob: readonly string[] | undefined;
  readonly allProfiles: boolean | undefined;
};

/** Which images a command line asks for: of which profiles, and how each is asked. */
export interface AskedImages {
  readonly profiles: readonly string[];
  readonly wanted: Listing;
  readonly ask: AskProfile;
}

/** What globs, filters, `-p` and `-A` mean together. Throws USAGE for what cannot be combined, CONFIG for a profile that there is not. */
export async function askedImages(input: Input, context: ListContext): Promise<AskedImages> {
  const { directory, settings } = context;
  if (input.allProfiles && settings.isProfileTyped)
    throw usageError('--all-profiles and --profile cannot be combined', { hint: 'Use one of them.' });
  const selected = (): readonly string[] => (input.allProfiles ? directory.all : chosenProfiles(directory, settings.profile));
  const globs = globsFrom({ words: input.glob ?? [], name: input.name, selected }, directory);
  const typed = wordsByProfile({ words: input.glob ?? [], selected }, directory);
  const asked = listingFrom({ ...input, name: undefined }, context.io.now());
  const { arch } = settings;
  const wanted = arch === undefined ? asked : { ...asked, filters: { ...asked.filters, architecture: arch } };
  const wantedOf = (profile: string): Listing => {
    const name = globs.get(profile);
    return name === undefined ? wanted : { ...wanted, filters: { ...wanted.filters, name } };
  };
  const profiles = await withRegions([...globs.keys()], context);
  const ask: AskProfile = (profile, call) =>
    ofOne(profile, { words: typed.get(profile) ?? [], wanted: wantedOf(profile), isAlone: profiles.length === 1 }, context, call);
  return { profiles, wanted, ask };
}

/** What is asked of one profile; `isAlone` where no other is asked. */
interface AskedOfOne {
  readonly words: readonly string[];
  readonly wanted: Listing;
  readonly isAlone: boolean;
}

async function ofOne(
  profile: string,
  { words, wanted, isAlone }: AskedOfOne,
  context: ListContext,
  call: Call,
): Promise<AsyncIterable<Image>> {
  const at = (await context.at('at', profile)) as Account;
  const meant = await listingAt(at, wanted, call);
  const listed = listing(at, meant, call);
  const isAttended = context.io.stderrIsTerminal;
  const lookup = { at, wanted: meant, say: isAlone ? (message: string) => context.say(message) : undefined };
  const byAlias = at.driver.showsByAlias ? withAliases : isAttended && isAlone ? withNearest : undefined;
  const images = byAlias && words.length > 0 ? byAlias(listed, words, lookup, call) : listed;
  // Names are kept for completion, which only somebody at a terminal has a use for.
  if (!isAttended) return images;
  const { filters, own, limit, after, scope } = meant;
  const isCut = limit !== undefined || after !== undefined || scope === 'own';
  const whole = !isCut && own.length === 0 && Object.keys(filters).length === 0;
  return cacheNames(images, profile, { whole, home: context.home, now: context.io.now() });
}
