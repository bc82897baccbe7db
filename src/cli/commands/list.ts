import type { Image } from '../../core/image.ts';
import { imageView } from '../../ui/views/image.ts';
import type { At } from '../command.ts';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { filterOptions, listingFrom } from '../filters.ts';
import { compareImages, listing, type Listing } from '../listing.ts';
import { many } from '../outcome.ts';
import { inParallel } from '../parallel.ts';

type ListContext = Context<{ at: readonly ['list'] }>;

export const list = defineCommand({
  about:
    "Shows the caller's own images and those shared with them; --all adds the provider's public ones. Several profiles are asked at once.",
  args: {},
  options: {
    allProfiles: { kind: 'flag', short: 'A', summary: 'every profile there is' },
    ...filterOptions,
  },
  needs: { at: ['list'] },
  examples: [
    { does: 'images of the current profile', type: 'imgctl list' },
    {
      does: 'the three newest active images named web-*, as JSON',
      type: "imgctl list --name 'web-*' --status active --sort created:desc --limit 3 -o json",
    },
    { does: 'the ids in every profile, one a line', type: 'imgctl list -A -o id' },
  ],
  async run(input, context) {
    const { directory, settings } = context;
    const wanted = listingFrom(input, context.io.now());
    const profiles = input.allProfiles
      ? directory.all
      : settings.profile.length > 0
        ? directory.select(settings.profile)
        : [directory.current];
    const [only, ...others] = profiles;
    if (only !== undefined && others.length === 0 && !input.allProfiles)
      return many(imageView, await ofOne(only, wanted, context));
    return many(imageView, ofSeveral(profiles, wanted, context), ['profile', ...imageView.usual]);
  },
});

async function ofOne(profile: string, wanted: Listing, context: ListContext): Promise<AsyncIterable<Image>> {
  return listing((await context.at('at', profile)) as At, wanted, context.call());
}

/** Every profile is asked at once; rows come in the order of the profiles. A profile that fails is reported, the others go on. */
async function* ofSeveral(profiles: readonly string[], wanted: Listing, context: ListContext): AsyncIterable<Image> {
  const parts = inParallel(profiles.length, profiles, (profile) => gathered(profile, wanted, context));
  const images: AsyncIterable<Image> = wanted.sort.length > 0 ? sorted(parts, wanted) : inOrder(parts);
  let left = wanted.limit ?? Infinity;
  for await (const image of images) {
    if (left <= 0) return;
    left -= 1;
    yield image;
  }
}

async function gathered(profile: string, wanted: Listing, context: ListContext): Promise<readonly Image[]> {
  const images: Image[] = [];
  try {
    for await (const image of await ofOne(profile, wanted, context)) images.push(image);
  } catch (error) {
    await context.report(error);
  }
  return images;
}

async function* inOrder(parts: readonly Promise<readonly Image[]>[]): AsyncIterable<Image> {
  for (const part of parts) yield* await part;
}

async function* sorted(parts: readonly Promise<readonly Image[]>[], wanted: Listing): AsyncIterable<Image> {
  yield* (await Promise.all(parts)).flat().sort((a, b) => compareImages(a, b, wanted.sort));
}
