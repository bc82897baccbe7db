import { ImgctlError, notFoundError, usageError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Surface } from '../program/context.ts';
import { defineCommand } from '../program/command.ts';
import { drawsEach, eachImage, severalOptions } from '../batch/each-image.ts';
import type { Loss } from '../batch/confirm-loss.ts';
import { type Target } from '../options/targets.ts';
import { waitFor } from '../../engine/operations/wait.ts';
import type { Account } from '../../engine/account/account.ts';
import { waitOptions } from '../options/wait.ts';

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
    const exactly = input.exactly
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    if (exactly && (input.to.length > 0 || input.remove.length > 0))
      throw usageError('--exactly cannot be combined with --to or --remove');
    if (exactly?.length === 0)
      throw usageError('--exactly is empty', { hint: 'Delete the image everywhere with: imgctl delete IMAGE' });
    if (!exactly && input.to.length === 0 && input.remove.length === 0)
      throw usageError('--to, --remove or --exactly is required', { hint: 'List places with: imgctl places' });
    const both = input.to.find((place) => input.remove.includes(place));
    if (both !== undefined) throw usageError(`${both} is in both --to and --remove`);
    const seen = new Map<string, Image>();
    const replicateOne = async ({ at, id, call }: Target<'replicate' | 'show'>): Promise<Image> => {
      const since = new Date(context.io.now()).toISOString();
      const basis = seen.get(`${at.profile}:${id}`);
      const request = {
        id,
        add: input.to,
        remove: input.remove,
        ...(exactly ? { exactly } : {}),
        ...(exactly && basis ? { basis } : {}),
      };
      if (context.settings.dryRun)
        await refuseUnknownPlaces(at as Account, exactly ?? [...input.to, ...input.remove], call, context);
      const image = await at.verb('replicate').run(request, call);
      const wanted = exactly ?? input.to;
      // What the answer shows done need not be looked at again.
      const isDone = wanted.every((name) => image.places.some((place) => place.name === name && place.status === 'active'));
      if (input.wait === false || isDone) return image;
      const task = context.progress.task(`replicate ${image.name}`);
      const work = { verb: 'replicate', since } as const;
      const done = await waitFor(at as Account, image.id, { places: wanted }, { limits: input, work, call, task });
      task.done();
      return done ?? image;
    };
    const takesAway = exactly !== undefined || input.remove.length > 0;
    // What was named place by place, and agreed to beforehand, need not be looked at.
    const agreed = exactly === undefined && (context.settings.yes ?? false);
    const isGoing = (place: string): boolean => (exactly ? !exactly.includes(place) : input.remove.includes(place));
    const loss = takesAway ? lossBy(isGoing, agreed, seen) : undefined;
    return eachImage(context, input.image, input, replicateOne, { loss });
  },
});

/** A plan is made only of places that there are. Throws NOT_FOUND. */
async function refuseUnknownPlaces(at: Account, asked: readonly string[], call: Call, surface: Surface): Promise<void> {
  let known: readonly string[] | undefined;
  try {
    known = (await at.maybe('places')?.run({}, call))?.map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    surface.warn(`could not check the places: ${error.message}`);
  }
  const strange = known && asked.find((name) => !known.includes(name));
  if (strange !== undefined)
    throw notFoundError(`no such place: ${strange}`, { hint: `List places with: imgctl places -p ${at.profile}` });
}

/** What goes: the copies in the places that are going. `seen` keeps the images by which that was judged. */
const lossBy = (isGoing: (place: string) => boolean, agreed: boolean, seen: Map<string, Image>): Loss<'replicate' | 'show'> => ({
  verb: 'Remove',
  async of({ at, id, text, call }) {
    if (agreed && !at.isProtected) return undefined;
    const image = await at.verb('show').run({ id }, call);
    seen.set(`${at.profile}:${id}`, image);
    const gone = image.places.filter(({ status, name }) => status !== 'deleting' && isGoing(name)).map(({ name }) => name);
    return gone.length > 0 ? `${text} from ${gone.join(' and ')}` : undefined;
  },
});
