import { ImgctlError, notFoundError } from '../../core/errors.ts';
import { commandLine } from '../../core/hint.ts';
import type { Image } from '../../core/image.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';
import type { EngineContext } from '../context.ts';
import type { Target } from '../images/target.ts';
import type { Change } from './change.ts';
import { settled, type WaitWishes } from './settle.ts';

/** Where an image is to be, relative to where it is now, or exactly. */
export interface Places {
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly exactly?: readonly string[] | undefined;
}

/** Brings an image to other places, and away from some. `basis`: the image by which an exact set was agreed to. */
export function replication(
  { at, id, call }: Target<'replicate' | 'show'>,
  { add, remove, exactly }: Places,
  basis: () => Image | undefined,
  wishes: WaitWishes,
  context: EngineContext,
): Change<Image> {
  const request = () => {
    const seen = basis();
    return { id, add, remove, ...(exactly ? { exactly } : {}), ...(exactly && seen ? { basis: seen } : {}) };
  };
  return {
    async plan() {
      await refuseUnknownPlaces(at as Account, exactly ?? [...add, ...remove], call, context);
      return [await at.preview('replicate', request(), call)];
    },
    async perform() {
      const image = await at.verb('replicate').run(request(), call);
      const wanted = exactly ?? add;
      // What the answer shows done need not be looked at again.
      const isDone = wanted.every((name) => image.places.some((place) => place.name === name && place.status === 'active'));
      if (wishes.wait === false || isDone) return image;
      const begun = { at: at as Account, verb: 'replicate', id: image.id, title: image.name, call } as const;
      return (await settled(begun, { places: wanted }, wishes, context)) ?? image;
    },
  };
}

/** The places from which copies would go. */
export const placesGoing = (image: Image, { remove, exactly }: Places): readonly string[] =>
  image.places
    .filter(({ status, name }) => status !== 'deleting' && (exactly ? !exactly.includes(name) : remove.includes(name)))
    .map(({ name }) => name);

/** Names of the places that an account has. Absent: its provider does not tell, or could not be asked, which is warned about. */
export async function knownPlaces(at: Account, call: Call, context: EngineContext): Promise<readonly string[] | undefined> {
  try {
    return (await at.maybe('places')?.run({}, call))?.map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    context.warn(`could not check the places: ${error.message}`);
    return undefined;
  }
}

/** A plan is made only of places that there are. Throws NOT_FOUND. */
async function refuseUnknownPlaces(at: Account, asked: readonly string[], call: Call, context: EngineContext): Promise<void> {
  const known = await knownPlaces(at, call, context);
  const strange = known && asked.find((name) => !known.includes(name));
  if (strange !== undefined)
    throw notFoundError(`no such place: ${strange}`, {
      hint: `List places with: ${commandLine({ verb: 'places' }, at)}`,
    });
}
