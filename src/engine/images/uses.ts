import type { Action } from '../../core/action.ts';
import { ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import type { Call, ImageUses } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';

/**
 * What uses these images, in their order, for whoever is about to lose them. Absent: the provider cannot be asked. One that does not
 * answer has told nothing: every kind of use is unasked then. Throws ABORTED only.
 */
export async function usesOf(
  at: Pick<Account, 'maybe'>,
  images: readonly Image[],
  call: Call,
): Promise<readonly ImageUses[] | undefined> {
  const verb = at.maybe('uses');
  if (!verb) return undefined;
  try {
    return await verb.run({ images }, call);
  } catch (error) {
    if (!(error instanceof ImgctlError) || error.code === 'ABORTED') throw error;
    const unasked = verb.knows.map((kind) => ({ kind, reason: error.message }));
    return images.map(({ id }) => ({ image: id, uses: [], unasked }));
  }
}

/** The same of an image that a plan takes away, as the plan says it. Nothing where no image is known. */
export async function plannedUses(
  at: Pick<Account, 'maybe'>,
  image: Image | undefined,
  call: Call,
): Promise<Pick<Action, 'uses' | 'unasked'>> {
  const [found] = (image && (await usesOf(at, [image], call))) ?? [];
  if (!found) return {};
  const { uses, unasked } = found;
  return { uses, ...(unasked.length > 0 ? { unasked } : {}) };
}
