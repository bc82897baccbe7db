import type { Image } from '../../core/image.ts';
import { groupViewBy } from '../../ui/views/group.ts';
import { imageView } from '../../ui/views/image.ts';
import { defineCommand } from '../program/command.ts';
import type { Context } from '../program/context.ts';
import { pluralize } from '../batch/pluralize.ts';
import { archOption } from '../options/arch.ts';
import { askedImages, fleetOptions, profileLimitMs } from '../options/asked-images.ts';
import { filterOptions } from '../options/filters.ts';
import { hasNoProfiles, printSetupHint } from '../help/onboarding.ts';
import { slipsNoticed } from '../options/slips.ts';
import { askFleet, type AskProfile, type Fleet } from '../../engine/images/multi-list.ts';
import { compareFleet, groupKeys, type GroupKey } from '../../engine/images/group.ts';
import { trackLists } from '../batch/list-progress.ts';
import { many, type Outcome } from '../program/outcome.ts';

type ListContext = Context<{ at: readonly ['list'] }>;

export const list = defineCommand({
  about:
    "Lists your own images and those shared with you; --all adds the provider's public ones. Several profiles are asked at once.\n" +
    '--group-by shows which profiles have the same disk, which are behind or ahead of it under the same name, and which lack it.',
  args: { glob: { takes: 'any', summary: 'names or globs (*, ?, [a-z], {a,b}); any match', completes: 'images' } },
  options: {
    allProfiles: fleetOptions.allProfiles,
    groupBy: { kind: 'text', choices: groupKeys, summary: 'compare profiles, one line per name or per disk' },
    profileTimeout: fleetOptions.profileTimeout,
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
    const { directory } = context;
    const { profiles, wanted, ask: asked } = await askedImages(input, context);
    const [only, ...others] = profiles;
    const limitMs = input.profileTimeout ?? profileLimitMs;
    const watch = trackLists(context);
    const noticed = slipsNoticed(input.glob ?? [], directory, wanted.limit, context);
    const ask: AskProfile = (profile, call) => watch.watched(profile, call, (listening) => asked(profile, listening));
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
