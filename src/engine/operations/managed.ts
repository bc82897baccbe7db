import { ImgctlError, unsupportedError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { managedByHand, markChanges, marksOf } from '../../core/marks.ts';
import type { Call } from '../../core/operation.ts';
import type { Account } from '../account/account.ts';

/** What is asked for besides, of an image that is made. */
export interface ManageWish {
  /** Prune may retire it once newer ones are there. */
  readonly manage?: boolean | undefined;
}

/** Throws UNSUPPORTED, before any request, where an image cannot be marked as managed. */
export function checkManageable(at: Account, { manage }: ManageWish): void {
  if (!manage || at.maybe('patch')?.fields.includes('properties')) return;
  const { profile, provider } = at;
  const reason = `${provider} keeps no properties, by which managed images are known`;
  throw unsupportedError(reason, { profile, provider, hint: 'Omit --manage.' });
}

/** The image, marked as managed where that is wanted; one of a manifest stays that. Throws what marking it throws, with its id. */
export async function managed(at: Account, image: Image, { manage }: ManageWish, call: Call): Promise<Image> {
  const changes = manage && marksOf(image).managed === undefined ? markChanges(image, { managed: managedByHand }) : undefined;
  if (!changes) return image;
  try {
    return await at.verb('patch').run({ id: image.id, changes, extras: {} }, call);
  } catch (error) {
    if (!(error instanceof ImgctlError)) throw error;
    throw new ImgctlError(error.code, `${image.id} is there, but is not marked as managed: ${error.message}`, {
      ...error.circumstances,
      leftover: image.id,
      cause: error,
    });
  }
}
