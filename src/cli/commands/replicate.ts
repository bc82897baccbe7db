import { usageError } from '../../core/errors.ts';
import { commandLine, nowhere } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import type { Target } from '../../engine/images/target.ts';
import { placesGoing, replication, type Places } from '../../engine/operations/replicate.ts';
import type { ImageLoss } from '../batch/confirm-loss.ts';
import { drawsEach, eachImage, severalOptions } from '../batch/each-image.ts';
import { waitOptions } from '../options/wait.ts';
import { defineCommand } from '../program/command.ts';
import { whereTyped } from '../program/where-typed.ts';

export const replicate = defineCommand({
  about: 'Only --remove and --exactly remove copies; other places stay as they are. List places with: imgctl places',
  args: { image: { takes: 'many', summary: 'images to replicate', completes: 'image' } },
  options: {
    to: { kind: 'names', value: 'place,…', summary: 'add these places', completes: 'place' },
    remove: { kind: 'names', value: 'place,…', summary: 'remove the copies in these places', completes: 'place' },
    exactly: {
      kind: 'text',
      value: 'place,…',
      summary: 'exactly these places; asks before removing a copy',
      commas: true,
      // Empty it is refused below, with what removes an image everywhere.
      mayBeEmpty: true,
      completes: 'place',
    },
    ...severalOptions,
    ...waitOptions,
  },
  draws: drawsEach(),
  needs: { at: ['replicate', 'show'] },
  examples: [
    { does: 'add two regions and wait', type: 'imgctl replicate lin:private/123 --to us-iad,us-sea' },
    { does: 'remove a copy', type: 'imgctl replicate lin:private/123 --remove us-sea --yes' },
    { does: 'exactly these stores', type: 'imgctl replicate pcd:golden --exactly fast,cheap --yes' },
  ],
  async run(input, context) {
    const options = whereTyped(context.settings);
    const exactly = input.exactly
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    if (exactly && (input.to.length > 0 || input.remove.length > 0))
      throw usageError('--exactly cannot be combined with --to or --remove');
    if (exactly?.length === 0)
      throw usageError('--exactly is empty', {
        hint: `Delete the image everywhere with: ${commandLine({ verb: 'delete', args: input.image, options }, nowhere)}`,
      });
    if (!exactly && input.to.length === 0 && input.remove.length === 0)
      throw usageError('--to, --remove or --exactly is required', {
        hint: `List places with: ${commandLine({ verb: 'places', options }, nowhere)}`,
      });
    const both = input.to.find((place) => input.remove.includes(place));
    if (both !== undefined) throw usageError(`${both} is in both --to and --remove`);
    const places = { add: input.to, remove: input.remove, exactly };
    const seen = new Map<string, Image>();
    const takesAway = exactly !== undefined || input.remove.length > 0;
    // What was named place by place, and agreed to beforehand, need not be looked at.
    const agreed = exactly === undefined && (context.settings.yes ?? false);
    return eachImage(
      context,
      input.image,
      input,
      (found) => replication(found, places, () => seen.get(keyOf(found)), input, context),
      { loss: takesAway ? lossOf(places, agreed, seen) : undefined },
    );
  },
});

const keyOf = ({ at, id }: Target<'replicate' | 'show'>): string => `${at.profile}:${id}`;

/** What goes: the copies in the places that are going. `seen` keeps the images by which that was judged. */
const lossOf = (places: Places, agreed: boolean, seen: Map<string, Image>): ImageLoss<'replicate' | 'show'> => ({
  verb: 'Remove',
  async of(target) {
    const { at, id, text, call } = target;
    if (agreed && !at.isProtected) return undefined;
    const image = await at.verb('show').run({ id }, call);
    seen.set(keyOf(target), image);
    const gone = placesGoing(image, places);
    return gone.length > 0 ? `${text} from ${gone.join(' and ')}` : undefined;
  },
});
