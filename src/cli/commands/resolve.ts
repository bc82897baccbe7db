import { conflictError, notFoundError, usageError } from '../../core/errors.ts';
import { isGlob } from '../../core/filter.ts';
import type { Image } from '../../core/image.ts';
import { parseReference } from '../../core/reference.ts';
import { imageView } from '../../ui/views/image.ts';
import type { At } from '../command.ts';
import { defineCommand } from '../command.ts';
import { onlyProfile } from '../directory.ts';
import { compareImages, listing, wholeListing } from '../listing.ts';
import { one, plainText } from '../outcome.ts';
import { imageId } from '../resolve-image.ts';

export const resolve = defineCommand({
  args: { image: { takes: 'required', summary: 'name, glob or id', completes: 'image' } },
  options: {
    latest: { kind: 'flag', summary: 'the newest of those that fit' },
    oldest: { kind: 'flag', summary: 'the oldest of those that fit' },
  },
  needs: { at: ['list', 'show'] },
  examples: [
    { does: 'the newest image of a series', type: "imgctl resolve 'ubuntu-24.04-*' --latest" },
    { does: 'in a script', type: 'id=$(imgctl resolve pcd:golden)' },
  ],
  async run(input, context) {
    if (input.latest && input.oldest) throw usageError('--latest and --oldest exclude each other');
    const reference = parseReference(input.image, (name) => context.directory.has(name));
    const at = (await context.at('at', reference.profile ?? onlyProfile(context.directory, context.settings.profile))) as At;
    const call = context.call();
    const pick = input.latest ? 'latest' : input.oldest ? 'oldest' : undefined;
    if (!isGlob(reference.image)) {
      const id = await imageId(at, reference.image, pick, call);
      if (context.settings.format === 'table' || context.settings.format === 'id') {
        const image = at.driver.ids.test(reference.image) ? await at.verb('show').run({ id }, call) : { id };
        return plainText(`${image.id}\n`);
      }
      return one(imageView, await at.verb('show').run({ id }, call));
    }
    const found: Image[] = [];
    for await (const image of listing(at, { ...wholeListing, filters: { name: reference.image }, scope: 'all' }, call))
      found.push(image);
    const image = chosen(found, reference.image, pick);
    return context.settings.format === 'table' ? plainText(`${image.id}\n`) : one(imageView, image);
  },
});

function chosen(found: readonly Image[], glob: string, pick: 'latest' | 'oldest' | undefined): Image {
  const sorted = [...found].sort((a, b) => compareImages(a, b, [{ field: 'createdAt', descending: pick !== 'oldest' }]));
  const [first, ...others] = sorted;
  if (!first) throw notFoundError(`no image's name fits "${glob}"`);
  if (others.length > 0 && !pick)
    throw conflictError(
      `"${glob}" fits ${sorted.length} images: ${sorted
        .slice(0, 10)
        .map((image) => `${image.name} (${image.id})`)
        .join(', ')}`,
      {
        hint: 'take one with --latest or --oldest',
      },
    );
  return first;
}
