import { conflictError, type ImgctlError } from '../../core/errors.ts';
import type { Image } from '../../core/image.ts';
import { typedImage } from '../../core/hint.ts';
import type { Account } from '../account/account.ts';

/** Why the provider would not delete this image, as far as its record tells; absent: nothing is known against it. */
export function whyNotRemovable(at: Account, image: Image): ImgctlError | undefined {
  const { id, status } = image;
  const typed = typedImage(at.profile, id);
  if (image.protected === true)
    return conflictError(`image ${id} is protected`, { hint: `Unprotect it with: imgctl patch ${typed} --unprotect` });
  const from = at.maybe('delete')?.from;
  // What is not known may be any state.
  if (from && status !== 'unknown' && !from.includes(status))
    return conflictError(`image ${id} is ${status}, and ${at.provider} deletes only what is ${from.join(' or ')}`, {
      hint:
        status === 'active' && from.includes('inactive') && at.driver.facts.deactivate
          ? `Deactivate it first, then delete it: imgctl deactivate ${typed}`
          : `Check on it with: imgctl show ${typed}`,
    });
  return at.driver.irremovable(image);
}
