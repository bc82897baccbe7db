import { usageError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import { groupViewBy } from '../../ui/views/group.ts';
import { imageView } from '../../ui/views/image.ts';
import { defineCommand } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { pluralize } from '../batch/pluralize.ts';
import { archOption } from '../options/arch.ts';
import { filterOptions, listingFrom } from '../options/filters.ts';
import { hasNoProfiles, printSetupHint } from '../help/onboarding.ts';
import { globsFrom, wordsByProfile } from '../options/globs.ts';
import { slipsNoticed } from '../options/slips.ts';
import { askFleet, type AskProfile, type Fleet } from '../../engine/images/multi-list.ts';
import { withAliases, withNearest } from '../../engine/images/aliases.ts';
import { compareFleet, groupKeys, type GroupKey } from '../../engine/images/group.ts';
import { cacheNames } from '../completion/image-name-cache.ts';
import { trackLists } from '../batch/list-progress.ts';
import { listing, listingAt, type Listing } from '../../engine/images/list.ts';
import { many, type Outcome } from '../program/outcome.ts';
import { chosenProfiles } from '../../engine/account/registry.ts';
import { withRegions } from '../../engine/account/region.ts';
import type { Account } from '../../engine/account/account.ts';

type ListContext = Context<{ at: readonly ['list'] }>;

const profileLimitMs = 120_000;

export const list = defineCommand({
  about:
    "Lists your own images and those shared with you; --all adds the provider's public ones. Several profiles are asked at once.\n" +
    '--group-by shows which profiles have the same disk, which are behind or ahead of it under the same name, and which lack it.',
  args: { glob: { takes: 'any', summary: 'names or globs (*, ?, [a-z], {a,b}); any match', completes: 'image' } },
  options: {
    allProfiles: { kind: 'flag', short: 'A', summary: 'all profiles' },
    groupBy: { kind: 'text', choices: groupKeys, summary: 'compare profiles, one line per name or per disk' },
    profileTimeout: { kind: 'duration', summary: 'time limit for each of several profiles (default 2m)' },
    ...filterOptions,
    arch: archOption,
  },
  needs: { at: ['list'] },
  examples: [
    { does: 'images of the current profile', type: 'imgctl list' },
    {
      does: 'the three newest active images named web-*, as JSON',
      type: "imgctl list --name 'web-*' --status active --sort created:desc --limit 3 -o json",
    },
    { does: 'those whose names match', type: "imgctl list 'web-*'" },
    { does: 'the ids in every profile, one a line', type: 'imgctl list -A -o id' },
    { does: 'which profiles have the newest disk of each name', type: 'imgctl list -A --group-by name' },
  ],
  async run(input, context) {
    const { directory, settings } = context;
    if (input.allProfiles && settings.isProfileTyped)
      throw usageError('--all-profiles and --profile cannot be combined', { hint: 'Use one of them.' });
    const selected = (): readonly string[] => (input.allProfiles ? directory.all : chosenProfiles(directory, settings.profile));
    const globs = globsFrom({ words: input.glob, name: input.name, selected }, directory);
    const typed = wordsByProfile({ words: input.glob ?? [], selected }, directory);
    const asked = listingFrom({ ...input, name: undefined }, context.io.now());
    const { arch } = settings;
    const wanted = arch === undefined ? asked : { ...asked, filters: { ...asked.filters, architecture: arch } };
    const wantedOf = (profile: string): Listing => {
      const name = globs.get(profile);
      return name === undefined ? wanted : { ...wanted, filters: { ...wanted.filters, name } };
    };
    const profiles = await withRegions([...globs.keys()], context);
    const [only, ...others] = profiles;
    const limitMs = input.profileTimeout ?? profileLimitMs;
    const watch = trackLists(context);
    const noticed = slipsNoticed(input.glob ?? [], directory, wanted.limit, context);
    const ask: AskProfile = (profile, call) =>
      watch.watched(profile, call, (listening) =>
        ofOne(
          profile,
          { words: typed.get(profile) ?? [], wanted: wantedOf(profile), isAlone: profiles.length === 1 },
          context,
          listening,
        ),
      );
    const drawn = (outcome: Outcome): Outcome => ({ draw: (options, io) => outcome.draw(options, watch.before(io)) });
    const groupBy = groupKeys.find((key) => key === input.groupBy);
    if (groupBy) {
      const fleet = askFleet(profiles, ask, { sort: wanted.sort }, limitMs, context);
      return comparison({ ...fleet, images: noticed(fleet.images, fleet.failed) }, groupBy, profiles, wanted.limit, context);
    }
    if (only !== undefined && others.length === 0 && !input.allProfiles) {
      const shown = drawn(many(imageView, noticed(await ask(only, context.call()))));
      return hasNoProfiles(context) && only === directory.current ? followed(shown, () => printSetupHint(context)) : shown;
    }
    const fleet = askFleet(profiles, ask, wanted, limitMs, context);
    let count = 0;
    const counted = each(noticed(fleet.images, fleet.failed), () => (count += 1));
    return followed(drawn(many(imageView, counted, ['profile', ...imageView.usual])), async () => {
      if (context.io.stderrIsTerminal)
        context.say(`${pluralize(count, 'image')} in ${pluralize(profiles.length, 'profile')}${failures(fleet)}`);
    });
  },
});

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

/** The same outcome, and what is done when it has been shown. */
const followed = (outcome: Outcome, next: () => Promise<void>): Outcome => ({
  async draw(options, io) {
    await outcome.draw(options, io);
    await next();
  },
});

const failures = ({ failed }: Fleet): string => (failed.size > 0 ? `, ${failed.size} failed` : '');

async function* each(images: AsyncIterable<Image>, seen: () => void): AsyncIterable<Image> {
  for await (const image of images) {
    seen();
    yield image;
  }
}

async function comparison(
  fleet: Fleet,
  by: GroupKey,
  profiles: readonly string[],
  limit: number | undefined,
  context: ListContext,
): Promise<Outcome> {
  const { groups, without } = await compareFleet(fleet, by, profiles, context);
  if (without > 0)
    context.say(
      `${pluralize(without, 'image')} ${without === 1 ? 'has' : 'have'} no ${by} and ${without === 1 ? 'is' : 'are'} not shown`,
    );
  return many(groupViewBy(by), groups.slice(0, limit));
}
